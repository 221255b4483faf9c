/// What stands behind the last message that is known to be whole.
struct MboxRemainder {
  /// Whether nothing but mailarc's own messages stands there, and not all of them are whole.
  private(set) var isBroken = false

  /// Looks at all of it.
  ///
  /// - Throws: `system`, `unreadable`.
  init(of source: any MboxSource, _ range: Range<Int64>) throws(StoreError) {
    let part = MboxPart(of: source, range)
    let scan = MboxScan(part, forced: nil)
    if let failure = scan.failure { throw failure }
    var hasOthers = false
    var hasBroken = false
    try scan.splitter.forEach { message throws(StoreError) in
      let place = message.entry.offset..<message.entry.nextOffset
      let hasHole = try part.hasHole(in: place)
      if let mark = message.mark {
        let isWhole = MaildirName(mark.baseName).size == message.scanned.size && !hasHole
        if !isWhole { hasBroken = true }
      } else if hasHole {
        // What tells whose it is may be in the hole.
        hasBroken = true
      } else {
        hasOthers = true
      }
    }
    isBroken = hasBroken && !hasOthers
  }
}

/// A part of an mbox file, as a file of its own.
private final class MboxPart: MboxSource {
  private let source: any MboxSource
  private let range: Range<Int64>

  init(of source: any MboxSource, _ range: Range<Int64>) {
    self.source = source
    self.range = range
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(StoreError) -> Int {
    let count = min(Int64(buffer.count), range.upperBound - range.lowerBound - offset)
    guard count > 0 else { return 0 }
    return try source.read(
      into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(count))),
      at: range.lowerBound + offset)
  }

  /// Whether a whole sector of the disk in a part of it is zeros.
  func hasHole(in part: Range<Int64>) throws(StoreError) -> Bool {
    let sector = MboxStore.sector
    var bytes = [UInt8](repeating: 0, count: Int(sector))
    var start = (range.lowerBound + part.lowerBound + sector - 1) / sector * sector
    while start + sector <= range.lowerBound + part.upperBound {
      var count = 0
      var failure: StoreError?
      bytes.withUnsafeMutableBytes { buffer in
        do throws(StoreError) { count = try source.read(into: buffer, at: start) } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      if count == bytes.count, bytes.allSatisfy({ $0 == 0 }) { return true }
      start += sector
    }
    return false
  }
}
