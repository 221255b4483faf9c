import Mail
import Platform

/// A message that the journal says was to be appended, and where.
struct IntendedMessage {
  /// The end of what was there before, of which `tail` is the digest; only of the first one of a commit.
  let tail: ContentDigest?
  /// Where the LFs begin that go before it; `start` if there are none.
  let gapStart: Int64
  /// Where its From_ line begins.
  let start: Int64
  /// Behind the LF that separates it from what follows.
  let end: Int64
  let base: [UInt8]
  let from: [UInt8]
  let shape: MboxWriter.Shape
  /// Bytes of the content, and of the block in it.
  let size: Int64
  let block: Int64
  let digest: ContentDigest

  /// The messages in the order of the file; nil if the journal says something else.
  static func all(of intents: [MboxIntent]) -> [IntendedMessage]? {
    var messages: [IntendedMessage] = []
    var tail: ContentDigest?
    var gapStart: Int64 = 0
    var start: Int64 = 0
    for intent in intents {
      switch intent {
      case .append(let length, let lineFeeds, let digest):
        tail = digest
        gapStart = length
        start = length + Int64(lineFeeds)
      case .message(let base, let shape, let size, let block, let digest):
        guard let date = MaildirName(base).date else { return nil }
        let from = MboxBlock.fromLine(date)
        let end = start + Int64(from.count) + shape.size + block + 1
        messages.append(
          IntendedMessage(
            tail: tail, gapStart: gapStart, start: start, end: end, base: base, from: from,
            shape: shape, size: size, block: block, digest: digest))
        tail = nil
        gapStart = end
        start = end
      case .rewrite: return nil
      }
    }
    return messages
  }
}

extension MboxStore {
  private static let sector: Int64 = 512

  /// Whether what stands at the file's end is what a crash left of messages that were to be written
  /// there, and nothing that somebody else wrote.
  ///
  /// After a kill it is the beginning of the first one. After a power cut it may be any part of all of
  /// them, with zeros in place of what did not come to the disk: then whole sectors are zeros. A message
  /// that is complete and differs, without such a hole, was changed by somebody.
  /// - Parameters:
  ///   - file: the mbox.
  ///   - range: what stands behind the last whole message.
  ///   - messages: those that were to stand there, of which the first is not whole; not empty.
  /// - Returns: whether nothing is lost with it.
  /// - Throws: `system`.
  func isTorn(
    _ file: borrowing FileDescriptor, _ range: Range<Int64>,
    _ messages: ArraySlice<IntendedMessage>
  ) throws(StoreError) -> Bool {
    guard let first = messages.first, let last = messages.last else { return false }
    let buffer = takeBuffer()
    defer { give(back: buffer) }
    var scan = TornScan(messages, at: range.lowerBound)
    while scan.position < range.upperBound {
      let part = UnsafeMutableRawBufferPointer(
        rebasing: buffer.bytes.prefix(
          Int(min(Int64(buffer.bytes.count), range.upperBound - scan.position))))
      let count = try stored(try file.read(into: part, at: scan.position))
      if count == 0 { break }
      for byte in part[..<count] where !scan.take(byte) { return false }
    }
    let hasHole = scan.finish()
    return scan.contentEnd < first.end || (hasHole && scan.contentEnd <= last.end)
  }

  /// What is looked for in the bytes behind the last whole message.
  private struct TornScan {
    private(set) var position: Int64
    /// Behind the last byte that is no zero.
    private(set) var contentEnd: Int64
    private let firstPosition: Int64
    private var messages: ArraySlice<IntendedMessage>
    private var hasHole = false
    private var sectorIsZero = true
    private var isLineStart = false
    private var wordLength = 0
    private static let word = Array("From ".utf8)

    init(_ messages: ArraySlice<IntendedMessage>, at position: Int64) {
      self.messages = messages
      self.position = position
      firstPosition = position
      contentEnd = position
    }

    /// Takes the next byte; false if somebody else wrote it.
    mutating func take(_ byte: UInt8) -> Bool {
      if position % MboxStore.sector == 0 { endSector() }
      defer { position += 1 }
      if byte != 0 {
        sectorIsZero = false
        contentEnd = position + 1
      }
      while let next = messages.first, position >= next.start + Int64(next.from.count) {
        messages.removeFirst()
      }
      if let next = messages.first, position >= next.gapStart {
        isLineStart = position == next.start + Int64(next.from.count) - 1
        wordLength = 0
        let place = Int(position - next.start)
        return byte == 0 || byte == (place < 0 ? .lineFeed : next.from[place])
      }
      // As all lines like it are quoted, a From_ line in a message is somebody else's.
      if isLineStart || wordLength > 0 {
        wordLength = byte == Self.word[wordLength] ? wordLength + 1 : 0
        if wordLength == Self.word.count { return false }
      }
      isLineStart = byte == .lineFeed || byte == 0
      return true
    }

    /// Whether there was a sector of zeros.
    mutating func finish() -> Bool {
      endSector()
      return hasHole
    }

    private mutating func endSector() {
      if sectorIsZero, position > firstPosition { hasHole = true }
      sectorIsZero = true
    }
  }
}
