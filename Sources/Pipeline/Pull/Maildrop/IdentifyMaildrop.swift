import Journals
import Mail

/// Finds out which messages of a maildrop are known by the names that the server gives them.
struct IdentifyMaildrop {
  let record: PullRecord

  struct Identity {
    /// The UIDs of the messages that are known, by number.
    var known: [UInt32: UID] = [:]
    /// The numbers of the others, ascending.
    var open: [UInt32] = []
    /// Of these, those whose name is known with another size: what they are if they have the same header.
    var doubtful: [UInt32: UID] = [:]
  }

  /// A name counts only with the size that it was announced with, or with the header: a server that gives
  /// names anew may give a known one to another message, and another one writes fields of its own into
  /// messages.
  func run(_ listing: MaildropListing) -> Identity {
    var uids: [UIDL: UID] = [:]
    for (uid, message) in record.maildrop.sorted(by: { $0.key < $1.key }) {
      if let uidl = message.uidl { uids[uidl] = uid }
    }
    var identity = Identity()
    for number in listing.numbers {
      guard let message = listing.messages[number] else { continue }
      let uid = message.uidl.flatMap { uids[$0] }
      if let uid, record.maildrop[uid]?.octets == message.octets {
        identity.known[number] = uid
      } else {
        identity.open.append(number)
        identity.doubtful[number] = uid
      }
    }
    return identity
  }
}
