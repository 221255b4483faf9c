import Clients
import Mail
import Protocols

/// Looks whether the mailboxes that were to be subscribed are so, and tries once more where not.
///
/// Servers keep all subscriptions in one file, and one may refuse, or lose, what is asked for while another
/// connection changes it.
struct ConfirmSubscriptions {
  let context: PushContext

  /// Looks, and tells what can't be subscribed.
  ///
  /// - Parameters:
  ///   - names: of the mailboxes that this run was to subscribe.
  ///   - server: the target.
  /// - Throws: what making a connection throws.
  func run(_ names: [MailboxName], _ server: AccountConnection) throws {
    guard !names.isEmpty, !context.options.dryRun, !context.collector.isStopped else { return }
    let asked = Set(names)
    try server.persist { connection in
      let tree = try connection.listMailboxes()
      for mailbox in tree.mailboxes where asked.contains(mailbox.name) && !mailbox.isSubscribed {
        guard let words = try connection.subscribe(mailbox.raw) else { continue }
        context.collector.add(
          Notice(
            kind: .other, mailbox: mailbox.name, text: "it could not be subscribed: \(words)"))
      }
    }
  }
}

extension IMAPConnection {
  /// Subscribes; returns the server's words where it refuses.
  func subscribe(_ mailbox: RawMailboxName) throws(ClientError) -> String? {
    do {
      try run(.subscribe(mailbox), "SUBSCRIBE")
      return nil
    } catch {
      guard case .refused(_, _, let text) = error else { throw error }
      return text.text
    }
  }
}
