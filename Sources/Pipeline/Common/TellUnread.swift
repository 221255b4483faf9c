import Mail
import Stores

/// Tells what of some mail is not taken because it can't be read, or is no mail by its looks.
struct TellUnread {
  /// Where the mail is.
  let root: String
  let collector: ReportCollector
  /// What that means, as a sentence.
  let consequence: String

  func run(_ tree: MailboxTree) {
    let prefix = root + "/"
    for text in tree.unreadable {
      let place = text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : text[...]
      let path = place.split(separator: ": ", maxSplits: 1).first ?? place
      let name = MailboxName(path.split(separator: "/").map { String($0) }) ?? .inbox
      collector.add(
        MailboxFailure(
          mailbox: name,
          failure: Failure(
            scope: .mailbox, cause: .input, summary: "it can't be read: \(text)",
            advice: consequence, retryable: false)))
    }
    for text in tree.passedOver {
      collector.add(Notice(kind: .other, mailbox: nil, text: "\(text), which is passed over"))
    }
  }
}
