/// Finds lines in what a POP3 server sends outside of messages.
struct LineCollector: Sendable {
  /// A line without its end.
  struct Line {
    let bytes: [UInt8]
    /// Whether it ended with LF alone.
    let endsWithLineFeed: Bool
  }

  private let limit: Int
  private var collected: [UInt8] = []

  init(limit: Int) { self.limit = limit }

  /// The next line; nil when the input is used up.
  ///
  /// - Throws: `lineTooLong` as soon as the line has more octets than the limit.
  mutating func next(
    _ input: UnsafeRawBufferPointer, from position: inout Int
  ) throws(POP3Error) -> Line? {
    let lineFeed = input.firstLineFeed(from: position)
    let end = lineFeed.map { $0 + 1 } ?? input.count
    let room = limit - collected.count
    collected.append(contentsOf: input[position..<min(end, position + room)])
    guard end - position <= room else {
      throw .lineTooLong(limit: limit, Evidence(collected))
    }
    position = end
    guard lineFeed != nil else { return nil }
    defer { collected.removeAll(keepingCapacity: true) }
    collected.removeLast()
    let endsWithLineFeed = collected.last != 13
    if !endsWithLineFeed { collected.removeLast() }
    return Line(bytes: collected, endsWithLineFeed: endsWithLineFeed)
  }

  /// Forgets a line that has not ended.
  mutating func discard() { collected = [] }
}
