/// Reads an mbox file once and tells its messages apart.
struct MboxScan {
  /// The messages.
  let splitter: MboxSplitter
  /// Why the file could not be read to its end; what came before is in `splitter`.
  let failure: StoreError?
  /// How many bytes there were.
  let size: Int64

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - source: the file.
  ///   - forced: the dialect that the user asked for.
  init(_ source: any MboxSource, forced: MboxDialect?) {
    self.init(
      source, forced: forced, blockSize: 2 * MboxScanner.longLine, longLine: MboxScanner.longLine)
  }

  /// Reads a file in blocks of a size; if it has more than one, another thread looks at them.
  ///
  /// - Parameters:
  ///   - source: the file.
  ///   - forced: the dialect that the user asked for.
  ///   - blockSize: bytes.
  ///   - longLine: `MboxScanner.longLine`, or less in tests.
  init(_ source: any MboxSource, forced: MboxDialect?, blockSize: Int, longLine: Int) {
    precondition(longLine > MboxLine.limit)
    var reader = MboxReader(source)
    var block = MboxFileBlock(size: blockSize, room: longLine)
    reader.fill(&block)
    let findings: MboxFindings
    if block.isLast {
      var lines = MboxFileLines(longLine: longLine)
      lines.take(&block)
      findings = lines.findings
    } else {
      let looking = MboxLooking(longLine: longLine, blockSize: blockSize)
      while !block.isLast {
        looking.exchange(&block)
        reader.fill(&block)
      }
      findings = looking.finish(&block)
    }
    failure = reader.failure
    size = findings.offset
    splitter = MboxSplitter(findings, forced: forced)
  }
}

/// Reads a file block by block.
private struct MboxReader {
  private let source: any MboxSource
  private var offset: Int64 = 0
  /// Why there was nothing more to read.
  private(set) var failure: StoreError?

  init(_ source: any MboxSource) { self.source = source }

  /// Reads the next block, which is full unless it is the last one.
  mutating func fill(_ block: inout MboxFileBlock) {
    block.clear()
    do {
      while failure == nil, block.isLast {
        let count = try block.append { room throws(StoreError) in
          try source.read(into: room, at: offset)
        }
        if count == 0 { return }
        offset += Int64(count)
      }
    } catch {
      failure = error
    }
  }
}
