/// Keeps a message's header while its bytes stream by.
package struct HeaderCollector: Sendable {
  /// The most bytes that are kept.
  package static let limit = 1 << 18

  /// The header so far, up to its empty line.
  package private(set) var bytes: [UInt8] = []
  /// Whether nothing more is wanted: the header has ended, or as much of it is kept as can be.
  package private(set) var isComplete = false
  private var lineIsEmpty = true

  package init() {}

  /// Whether nothing was cut off.
  package var isWhole: Bool { bytes.count < Self.limit }

  /// Takes the next bytes of the message, with line ends of either kind.
  package mutating func take(_ chunk: UnsafeRawBufferPointer) {
    guard !isComplete else { return }
    var start = 0
    while start < chunk.count {
      let lineFeed = LineEnds.lineFeed(in: chunk, from: start)
      let end = lineFeed.map { $0 + 1 } ?? chunk.count
      let room = Self.limit - bytes.count
      bytes.append(
        contentsOf: UnsafeRawBufferPointer(rebasing: chunk[start..<min(end, start + room)]))
      let textEnd = lineFeed ?? end
      let hasText =
        textEnd - start > 1 || (textEnd > start && chunk[start] != .carriageReturn)
      if hasText { lineIsEmpty = false }
      if bytes.count >= Self.limit || (lineFeed != nil && lineIsEmpty) {
        isComplete = true
        return
      }
      if lineFeed != nil { lineIsEmpty = true }
      start = end
    }
  }

  /// Begins with another message.
  package mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    isComplete = false
    lineIsEmpty = true
  }
}
