import Clients
import Journals
import Mail
import Protocols
import Stores

/// Says plainly that a source has no mail: at its first pull, when nothing was expected to be missing,
/// and when it had some before.
struct TellEmptySource {
  let collector: ReportCollector
  /// The mailbox that is all of the source, where it is but one.
  var mailbox: MailboxName?
  /// Whether what is in the archive is to follow the source.
  let prunes: Bool

  /// - Parameters:
  ///   - messages: how many the source has; nil if it does not tell.
  ///   - before: how many it had when it was last pulled; nil if it never was.
  func run(messages: Int?, before: Int?) {
    guard messages == 0 else { return }
    if before == nil {
      add(
        "the source is empty: what a mail program fetched over POP3 and took away can't be copied "
          + "from the server")
    } else if let before, before > 0 {
      add(
        "the source is empty, and had \(Counted.messages(before)) when it was last pulled"
          + (prunes ? "" : "; what is in the archive stays"))
    }
  }

  private func add(_ text: String) {
    collector.add(Notice(kind: .other, mailbox: mailbox, text: text))
  }
}

extension ServerTree {
  /// How many messages all mailboxes have together; nil unless each one that holds mail tells.
  var messages: Int? {
    var sum = 0
    for mailbox in mailboxes where mailbox.isSelectable {
      guard let messages = mailbox.status?.messages else { return nil }
      sum += Int(messages)
    }
    return sum
  }
}

extension PullContext {
  /// How many messages the source had when it was last looked at; nil if it never was.
  var messagesBefore: Int? {
    let known = archive.table.records.compactMap { states[key(of: $0.name).hex] }
    guard !known.isEmpty else { return nil }
    return known.reduce(0) { sum, one in
      one.state.isAbsent ? sum : sum + Int(one.state.messages)
    }
  }
}
