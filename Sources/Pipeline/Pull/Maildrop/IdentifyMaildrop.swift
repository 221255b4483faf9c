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
  }

  /// A name counts only with the size that it was announced with: a server that gives names anew may give
  /// a known one to another message.
  func run(_ listing: MaildropListing) -> Identity {
    var uids: [UIDL: UID] = [:]
    for (uid, message) in record.maildrop.sorted(by: { $0.key < $1.key }) {
      if let uidl = message.uidl { uids[uidl] = uid }
    }
    var identity = Identity()
    for number in listing.numbers {
      guard let message = listing.messages[number], let uidl = message.uidl, let uid = uids[uidl],
        record.maildrop[uid]?.octets == message.octets
      else {
        identity.open.append(number)
        continue
      }
      identity.known[number] = uid
    }
    return identity
  }
}
