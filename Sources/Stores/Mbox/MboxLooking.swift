import Platform

/// Looks at a file block by block.
struct MboxFileLines {
  private var scanner: MboxScanner
  // The beginning of a line, less than a long one.
  private var rest: [UInt8] = []

  /// - Parameter longLine: as `MboxScanner` has it.
  init(longLine: Int) { scanner = MboxScanner(longLine: longLine) }

  /// What was seen so far.
  var findings: MboxFindings { scanner.found }

  /// Looks at the next block.
  mutating func take(_ block: inout MboxFileBlock) {
    let isLast = block.isLast
    rest = block.withBytes(after: rest) { window in
      Array(window[scanner.take(window, isLast: isLast)...])
    }
  }
}

/// Looks at blocks on another thread, if one can be had, while the next one is read: for a large file the
/// one takes as long as the other.
final class MboxLooking {
  private static let blocksUnderWay = 2
  private let filled = HandOff<MboxFileBlock>(capacity: blocksUnderWay)
  private let empty = HandOff<MboxFileBlock>(capacity: blocksUnderWay)
  private let result = HandOff<MboxFindings>(capacity: 1)
  // Nil if they are on another thread.
  private var own: MboxFileLines?

  /// Is ready for the first block of a file.
  ///
  /// - Parameters:
  ///   - longLine: as `MboxScanner` has it.
  ///   - blockSize: the bytes of a block.
  init(longLine: Int, blockSize: Int) {
    let (filled, empty, result) = (filled, empty, result)
    do throws(SystemError) {
      try WorkerThread.detach(name: "mailarc-scan") {
        var lines = MboxFileLines(longLine: longLine)
        while true {
          var block = filled.take()
          lines.take(&block)
          if block.isLast { return result.put(lines.findings) }
          empty.put(consume block)
        }
      }
      for _ in 0..<Self.blocksUnderWay {
        empty.put(MboxFileBlock(size: blockSize, room: longLine))
      }
    } catch {
      own = MboxFileLines(longLine: longLine)
    }
  }

  /// Gives a full block, and takes one to be filled.
  func exchange(_ block: inout MboxFileBlock) {
    guard own == nil else {
      own?.take(&block)
      return
    }
    give(&block)
    block = empty.take()
  }

  /// Gives the last block.
  func finish(_ block: inout MboxFileBlock) -> MboxFindings {
    guard own == nil else {
      own?.take(&block)
      return own?.findings ?? MboxFindings()
    }
    give(&block)
    return result.take()
  }

  private func give(_ block: inout MboxFileBlock) {
    // Storage that is referred to here as well would be copied there.
    let full = block
    block = MboxFileBlock()
    filled.put(consume full)
  }
}
