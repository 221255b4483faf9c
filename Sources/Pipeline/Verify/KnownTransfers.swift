import Clients
import Journals
import Mail
import Stores

/// What is recorded of the messages that one mailbox of a server should have: it explains, and tells
/// equal messages from each other, and proves nothing.
protocol KnownTransfers {
  /// Under which UIDs they are recorded, as far as UIDs are those of that UIDVALIDITY.
  func recorded(_ messages: [ReceiptMessage], _ validity: UIDValidity?) -> [Int: UID]
  /// Which flags of a message the server did not take, though it was asked to.
  func untaken(of message: ReceiptMessage) -> Flags
  /// What is known of a message that is there in another form.
  func alteration(of message: ReceiptMessage) -> String?
  /// Why messages are not there, by their places, as far as that is known.
  func reasons(
    _ missing: [Int], of messages: [ReceiptMessage], found: Set<UID>, _ validity: UIDValidity?
  ) -> [Int: String]
  /// What a message is that has no counterpart.
  func surplus(_ uid: UID, _ validity: UIDValidity?) -> Surplus
  /// The UIDs of mailarc's own for the messages of a maildrop, by number.
  func uids(of listing: MaildropListing) -> [UInt32: UID]
}

extension KnownTransfers {
  func uids(of listing: MaildropListing) -> [UInt32: UID] {
    listing.numbers.reduce(into: [:]) { $0[$1] = UID($1) }
  }

  func alteration(of message: ReceiptMessage) -> String? { nil }
}

/// What a message of the server is that has no counterpart.
struct Surplus: Hashable {
  /// Nil for one that may be there.
  let kind: ComparisonFinding.Kind?
  let words: String
}

/// Nothing is known.
struct NothingKnown: KnownTransfers {
  func recorded(_ messages: [ReceiptMessage], _ validity: UIDValidity?) -> [Int: UID] { [:] }

  func untaken(of message: ReceiptMessage) -> Flags { Flags() }

  func reasons(
    _ missing: [Int], of messages: [ReceiptMessage], found: Set<UID>, _ validity: UIDValidity?
  ) -> [Int: String] { [:] }

  func surplus(_ uid: UID, _ validity: UIDValidity?) -> Surplus {
    Surplus(kind: .extra, words: "not in the archive")
  }
}

/// What a receipt says of how it was when it was written.
struct ReceiptKnown: KnownTransfers {
  /// As the receipt has it.
  let uidValidity: UIDValidity?
  /// As the receipt has them, before anybody looked again.
  let before: [ReceiptMessage]

  func recorded(_ messages: [ReceiptMessage], _ validity: UIDValidity?) -> [Int: UID] {
    guard let validity, uidValidity == validity else { return [:] }
    var found: [Int: UID] = [:]
    for (place, message) in before.enumerated() { found[place] = message.uid }
    return found
  }

  func untaken(of message: ReceiptMessage) -> Flags { Flags() }

  func reasons(
    _ missing: [Int], of messages: [ReceiptMessage], found: Set<UID>, _ validity: UIDValidity?
  ) -> [Int: String] {
    var reasons: [Int: String] = [:]
    for place in missing {
      switch before[place].presence {
      case .missing: reasons[place] = "it was missing when the receipt was written"
      case .unchecked: reasons[place] = "it could not be looked for when the receipt was written"
      case .content, .header, .altered:
        reasons[place] = "it was there when the receipt was written"
      }
    }
    return reasons
  }

  func surplus(_ uid: UID, _ validity: UIDValidity?) -> Surplus {
    Surplus(kind: .extra, words: "not in the receipt")
  }
}
