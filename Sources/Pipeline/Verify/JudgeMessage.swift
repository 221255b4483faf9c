import Mail
import Stores

/// What became of a message since it came.
package enum MessageVerdict: String, Sendable, Equatable, CaseIterable {
  /// Its content is what was recorded.
  case intact
  /// It was never recorded, and nothing speaks against it.
  case unrecorded
  /// Somebody changed it: its file was written after it came.
  case edited
  /// Its content is another one, although nobody wrote the file since.
  case damaged
  /// Its end is missing.
  case truncated
  /// Its content is another one, and whether by an edit or by damage can't be told.
  case changed
  /// It can't be read.
  case unreadable
  /// It was recorded, and is nowhere in the archive, and nobody is known to have deleted it.
  case missing
}

/// What reading a message found.
struct ReadMessage: Equatable {
  /// Of the wire form.
  var digest: ContentDigest
  /// Octets of the wire form.
  var size: Int64
  /// Bytes on disk.
  var diskSize: Int64
  /// Whether it ends in a line feed.
  var endsLine: Bool
}

/// Compares a message with what was recorded of it, and with what its name says.
struct JudgeMessage {
  let message: StoredMessage
  let record: RecordedMessage?
  /// When its file was written; nil where it has none of its own.
  let modified: InternalDate?

  func run(_ found: ReadMessage) -> MessageVerdict {
    // A name that mailarc gave says how large the message was: what the journal has may be the
    // digest of a file that was edited before the journal was made anew.
    let hasNamedSize =
      !message.isOurs
      || message.namedWireSize.map { $0 == found.size } ?? true
        && message.namedSize.map { $0 == found.diskSize } ?? true
    guard let record else { return hasNamedSize ? .unrecorded : difference(found, date: nil) }
    return record.digest == found.digest && hasNamedSize
      ? .intact : difference(found, date: record.date)
  }

  private func difference(_ found: ReadMessage, date: InternalDate?) -> MessageVerdict {
    let isShorter =
      message.namedSize.map { found.diskSize < $0 } ?? record?.size.map { found.size < $0 }
      ?? false
    guard let modified else { return isShorter && !found.endsLine ? .truncated : .changed }
    let isUntouched = modified == message.namedDate ?? date
    // Who takes something out of a message leaves its last line whole; a full disk does not.
    if isShorter, isUntouched || !found.endsLine { return .truncated }
    return isUntouched ? .damaged : .edited
  }
}
