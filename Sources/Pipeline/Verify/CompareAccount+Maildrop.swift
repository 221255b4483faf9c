import Clients
import Mail
import Protocols
import Stores

extension CompareAccount {
  /// Compares an archive with the POP3 account from which it was pulled, which shows INBOX alone.
  ///
  /// - Throws: a usage failure where the archive is another account's; what ends the run.
  func compareMaildrop(_ archive: ExpectedFromArchive) throws {
    let inbox = ServerMailbox(
      name: .inbox, raw: .inbox, specialUses: [], isSubscribed: false, isSelectable: true,
      status: nil)
    let places = try archive.places(
      ServerTree(mailboxes: [inbox], prefix: RawMailboxName(bytes: []), separator: nil), nil)
    guard archive.isSource, let place = places.first(where: { $0.name == .inbox }) else {
      throw Failure.usage(
        "over POP3 an archive can be compared with its own source only, and it was not pulled from "
          + options.account.identity,
        advice: "Give the account with imaps://, if its server has IMAP.")
    }
    let server = MaildropConnection(
      account: options.account, interruption: interruption, retry: options.retry,
      onWait: observer.waits)
    defer { server.logout() }
    let count = Int(try server.persist { try $0.status() }.count)
    observer.plan(totalMessages: count, bytes: nil)
    let expected: ExpectedMailbox
    do {
      expected = try server.during { try archive.mailbox(place) }
    } catch let error as StoreError {
      tell(ComparisonFinding(.mailboxUnreadable, mailbox: .inbox, "\(error)"))
      return
    }
    expected.unreadable.forEach(tell)
    observer.mailboxBegan(.inbox, messages: count, bytes: 0)
    defer { observer.ended(.inbox) }
    let maildrop = CompareMaildrop(
      expected: expected,
      onProgress: { [observer] in
        observer.progress(.inbox, messagesDone: $0, bytesDone: 0)
      })
    let outcome = try server.persist { try maildrop.run($0) }
    report.mailboxes += 1
    try take(outcome, expected, .inbox)
    report.notes.append("POP3 tells neither internal dates nor flags: contents alone were compared")
    let others = places.count { $0.name != .inbox }
    if others > 0 {
      report.notes.append(
        "POP3 shows INBOX alone: \(others) "
          + Counted.word(others, "mailbox of the source was", "mailboxes of the source were")
          + " not compared")
    }
  }
}
