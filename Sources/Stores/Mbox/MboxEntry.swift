import Mail

/// Where one message stands in an mbox file, and what is to be done to its bytes when it is read.
///
/// Offsets count from the start of the file, of a compressed one from the start of its content.
package struct MboxEntry: Hashable, Sendable {
  /// Where the From_ line begins.
  let offset: Int64
  /// Where the first line behind the From_ line begins.
  let headerOffset: Int64
  /// Where the content ends: behind a LF that was added to it, before an empty line that separates it
  /// from the next message.
  let contentEnd: Int64
  /// Where the next From_ line begins, or the file ends.
  let nextOffset: Int64
  /// Parts of the header that are not content, in their order; each begins and ends with a line.
  let omitted: [Range<Int64>]
  /// Bytes of the content when it is read.
  let size: Int64
  /// The date of the From_ line, else that of the header, if there is one.
  let date: InternalDate?
  /// Whether mailarc wrote the message: then the last of `omitted` is its block.
  let isOurs: Bool
  /// Whether one `>` is taken off lines such as `>From ` and `>>From `.
  let unquotes: Bool

  /// The block of fields that mailarc keeps in the header, with an empty line that was added to it.
  var block: Range<Int64>? { isOurs ? omitted.last : nil }
}
