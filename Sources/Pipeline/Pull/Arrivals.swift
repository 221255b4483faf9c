import Journals
import Mail
import Stores

/// A message that is new in a mailbox.
struct Arrival {
  let mailbox: MailboxName
  let uidValidity: UIDValidity
  let message: HeldMessage

  func origin(in context: PullContext) -> MessageOrigin {
    MessageOrigin(
      uidValidity: uidValidity, uid: message.uid, mailboxKey: context.key(of: mailbox))
  }
}

/// What came since the last run that ended, by content; each stands for one message that is gone.
struct Arrivals {
  /// By what a message is known in another mailbox.
  ///
  /// A dry run downloads no contents: there header key and size have to do.
  private enum Content: Hashable {
    case digest(ContentDigest)
    case key(MatchMessages.KeyAndSize)
  }

  private let isDryRun: Bool
  /// Of each content the first ones last.
  private var found: [Content: [Arrival]] = [:]

  /// Gathers what came.
  ///
  /// If the run before did not end, what it brought into mailboxes that are unchanged now counts too.
  /// - Parameters:
  ///   - pulled: the mailboxes that were looked at.
  ///   - skipped: the mailboxes that were seen to be unchanged.
  ///   - context: the pull.
  /// - Throws: `JournalError`.
  init(
    _ pulled: [PulledMailbox], skipped: [MailboxName], _ context: PullContext
  ) throws(JournalError) {
    isDryRun = context.options.dryRun
    var all = pulled.map { ($0.name, $0.uidValidity, $0.arrivals) }
    if context.run.resumes {
      for name in skipped {
        let record = try PullJournal(
          in: context.directory, key: context.key(of: name).hex, mailbox: name, readOnly: true
        ).record
        all.append((name, record.uidValidity, record.arrivals(in: context.run)))
      }
    }
    for (name, validity, messages) in all.sorted(by: { $0.0 > $1.0 }) {
      guard let validity else { continue }
      for message in messages.sorted(by: { $0.uid > $1.uid }) {
        found[content(of: message), default: []].append(
          Arrival(mailbox: name, uidValidity: validity, message: message))
      }
    }
  }

  /// The arrivals that may be messages which are gone; one may be told for several of them.
  func matches(of gone: [HeldMessage]) -> [Arrival] {
    gone.compactMap { message in
      place(of: message).flatMap { found[content(of: message)]?[$0] }
    }
  }

  /// The arrival that stands for a message which is gone; it stands for no other one then.
  mutating func take(for message: HeldMessage) -> Arrival? {
    place(of: message).flatMap { found[content(of: message)]?.remove(at: $0) }
  }

  private func place(of message: HeldMessage) -> Int? {
    // What came in the same run as the one that is gone was there beside it: a copy, which stays
    // alone, and no reason to take the other away. The same mailbox counts, too: a message may have
    // been moved out and back.
    found[content(of: message)]?.lastIndex { $0.message.run > message.run }
  }

  private func content(of message: HeldMessage) -> Content {
    isDryRun ? .key(.init(message.headerKey, message.size)) : .digest(message.digest)
  }
}
