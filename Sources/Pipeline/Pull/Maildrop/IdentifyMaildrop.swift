import Journals
import Mail

extension UIDValidity {
  /// That of the UIDs which mailarc gives the messages of a POP3 server: one that no IMAP server has
  /// (RFC 9051, section 2.3.1.1).
  static let maildrop = UIDValidity(0)
}

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
      guard let uidl = message.uidl else { continue }
      // Of two, one was given before it was seen that the message is held under the other.
      if let other = uids[uidl], record.messages[other] != nil { continue }
      uids[uidl] = uid
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
