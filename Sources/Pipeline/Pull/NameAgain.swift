import Journals
import Mail
import Stores

/// Gives messages that another program renamed, or moved under another name, the names back by which
/// they are known.
///
/// Mail programs do so when they move or touch a message. Without its name it would seem to be deleted by
/// hand, and what changes at the source would not follow it. Only in Maildirs: in an mbox the message
/// itself says where it came from.
struct NameAgain {
  let archive: Archive
  let index: ArchiveIndex
  /// Whether nothing may be changed.
  let dryRun: Bool

  /// Looks for messages that are nowhere by name among those that mailarc did not name, by content.
  ///
  /// - Parameters:
  ///   - messages: what is known of a mailbox of the source.
  ///   - key: the mailbox.
  ///   - validity: its UIDVALIDITY under which they were fetched; without one nothing is looked for.
  ///   - files: where the messages are; gets those that are found.
  /// - Throws: `StoreError`, also where a part of the archive can't be read.
  func run(
    _ messages: some Sequence<HeldMessage>, of key: MailboxKey, _ validity: UIDValidity?,
    _ files: inout [UID: LocatedMessage]
  ) throws {
    guard let validity, isMaildir else { return }
    let missing = messages.filter {
      ($0.fate == .held || $0.fate == .gone) && files[$0.uid] == nil
    }.sorted { $0.uid < $1.uid }
    guard !missing.isEmpty else { return }
    var claimed = try index.claim(missing.map { ($0.digest, $0.size) }, DigestMessages())
    guard !claimed.isEmpty else { return }
    var orders: [MailboxName: [(held: HeldMessage, order: MoveOrder)]] = [:]
    for held in missing {
      guard let found = claimed[held.digest]?.popLast() else { continue }
      if dryRun {
        files[held.uid] = found
      } else if let order = try order(found, held, key, validity) {
        orders[found.mailbox, default: []].append((held, order))
      }
    }
    for (name, orders) in orders.sorted(by: { $0.key < $1.key }) {
      guard let mailbox = try archive.mailbox(name) else { continue }
      let named = try mailbox.move(orders.map(\.order), to: mailbox)
      for (message, (held, _)) in zip(named, orders) {
        files[held.uid] = LocatedMessage(message: message, mailbox: name)
      }
    }
  }

  private var isMaildir: Bool {
    switch archive.identity.layout {
    case .maildir, .maildirPlusPlus: true
    case .mbox, .mboxGzip: false
    }
  }

  /// Nil for a file whose line ends are not those that a name of ours promises.
  private func order(
    _ found: LocatedMessage, _ held: HeldMessage, _ key: MailboxKey, _ validity: UIDValidity
  ) throws(StoreError) -> MoveOrder? {
    guard let size = try archive.mailbox(found.mailbox)?.open(found.message).size,
      size < held.size
    else { return nil }
    return MoveOrder(
      found.message,
      origin: MessageOrigin(uidValidity: validity, uid: held.uid, mailboxKey: key),
      facts: MessageFacts(date: held.internalDate, size: size, wireSize: held.size))
  }
}
