import Mail

/// Where one message stands in an mbox file, and what is to be done to its bytes when it is read.
///
/// Offsets count from the start of the file, of a compressed one from the start of its content.
package struct MboxEntry: Hashable, Sendable {
  /// Where the From_ line begins.
  let offset: Int64
  /// Where the content ends: behind a LF that was added to it, before an empty line that separates it
  /// from the next message.
  let contentEnd: Int64
  /// Where the next From_ line begins, or the file ends.
  let nextOffset: Int64
  /// Bytes of the content when it is read.
  let size: Int64
  // There is one of these for each message of a mailbox at a time, so it is kept small.
  private let dateSeconds: Int64
  private let fromLength: UInt32
  // Most have one part at most that is omitted, which needs no array then.
  private let firstLength: UInt32
  private let firstOmitted: Int64
  private let moreOmitted: [Range<Int64>]
  /// Whether mailarc wrote the message: then the last of `omitted` is its block.
  let isOurs: Bool
  /// Whether one `>` is taken off lines such as `>From ` and `>>From `.
  let unquotes: Bool

  /// Makes an entry of its parts, each as the property of that name.
  init(
    offset: Int64, headerOffset: Int64, contentEnd: Int64, nextOffset: Int64,
    omitted: [Range<Int64>], size: Int64, date: InternalDate?, isOurs: Bool, unquotes: Bool
  ) {
    self.offset = offset
    fromLength = UInt32(clamping: headerOffset - offset)
    self.contentEnd = contentEnd
    self.nextOffset = nextOffset
    if let first = omitted.first, let length = UInt32(exactly: first.count) {
      firstOmitted = first.lowerBound
      firstLength = length
      moreOmitted = omitted.count == 1 ? [] : Array(omitted.dropFirst())
    } else {
      firstOmitted = -1
      firstLength = 0
      moreOmitted = omitted
    }
    self.size = size
    dateSeconds = date?.epochSeconds ?? .min
    self.isOurs = isOurs
    // Where all bytes are the message's own, none has to be looked for.
    let unquotedEnd = omitted.reduce(headerOffset + size) { $0 + Int64($1.count) }
    self.unquotes = unquotes && unquotedEnd < contentEnd
  }

  /// Parts of the header that are not content, in their order; each begins and ends with a line.
  var omitted: [Range<Int64>] {
    firstOmitted < 0
      ? moreOmitted : [firstOmitted..<(firstOmitted + Int64(firstLength))] + moreOmitted
  }

  /// Where the first line behind the From_ line begins.
  var headerOffset: Int64 { offset + Int64(fromLength) }

  /// The date of the From_ line, else that of the header, if there is one.
  var date: InternalDate? {
    dateSeconds == .min ? nil : InternalDate(epochSeconds: dateSeconds)
  }

  /// The block of fields that mailarc keeps in the header, with an empty line that was added to it.
  var block: Range<Int64>? { isOurs ? omitted.last : nil }
}
