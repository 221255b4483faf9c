import Clients
import Mail
import Protocols

/// Judges under which UIDs a server says that it keeps what it got.
struct AppendUIDs {
  let uidValidity: UIDValidity
  /// The lowest UID that a new message can have.
  let uidNext: UInt32
  /// Of the message that the index has under a UID.
  let digestBoundTo: (UID) -> ContentDigest?

  /// The UIDs that the server says it gave; nil where it does not, or where they can't be right: new ones
  /// are above all that were there and ascend (RFC 4315, section 3), and another one can only be that of
  /// a twin which the message was merged with.
  func run(_ text: ResponseText, of messages: ArraySlice<OutgoingMessage>) -> [UID]? {
    guard case .appendUID(uidValidity, let list) = text.code, list.count == messages.count else {
      return nil
    }
    var given: [UID: ContentDigest] = [:]
    var least = uidNext
    for (uid, message) in zip(list, messages) {
      let digest = message.original
      if let taken = given[uid] ?? digestBoundTo(uid) {
        guard taken == digest else { return nil }
      } else {
        guard uid.value >= least else { return nil }
        given[uid] = digest
        least = uid.value &+ 1
      }
    }
    return Array(list)
  }
}
