import Mail
import Stores

/// Which messages of an archive say in their names where they were fetched, by source mailbox.
struct ArchiveOrigins {
  /// A message and the mailbox that it is in.
  struct Place {
    let message: StoredMessage
    let mailbox: MailboxPlace
  }

  /// Every message with an origin, by the key of its source mailbox.
  private(set) var places: [MailboxKey: [Place]] = [:]
  /// The names of all mailboxes that are there.
  private(set) var names: [MailboxName] = []
  /// What can't be read.
  private(set) var findings: [VerifyFinding] = []

  /// Reads the names of all messages.
  init(_ archive: Archive) throws(StoreError) {
    let tree = try archive.mailboxes()
    names = tree.mailboxes.map(\.name)
    findings = tree.unreadable.map { VerifyFinding(.mailboxUnreadable, $0) }
    for place in tree.mailboxes {
      do {
        let mailbox = try archive.mailbox(at: place)
        for message in try mailbox.scan() {
          guard let origin = message.origin else { continue }
          places[origin.mailboxKey, default: []].append(Place(message: message, mailbox: place))
        }
      } catch {
        findings.append(VerifyFinding(.mailboxUnreadable, mailbox: place.name, "\(error)"))
      }
    }
  }

  /// The UIDVALIDITY that most messages from a source mailbox have, and whether all of them have it;
  /// nil where there are none.
  func validity(of key: MailboxKey) -> (value: UIDValidity, isOnly: Bool)? {
    var counts: [UInt32: Int] = [:]
    for place in places[key] ?? [] {
      if let origin = place.message.origin { counts[origin.uidValidity.value, default: 0] += 1 }
    }
    let most = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }
    return most.map { (UIDValidity($0.key), counts.count == 1) }
  }

  /// The mailbox that holds most of the messages from a source mailbox; nil where there are none.
  func home(of key: MailboxKey) -> MailboxName? {
    var counts: [MailboxName: Int] = [:]
    for place in places[key] ?? [] { counts[place.mailbox.name, default: 0] += 1 }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }
}
