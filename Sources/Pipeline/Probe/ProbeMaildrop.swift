import Clients
import Platform
import Protocols

/// Looks at an account over POP3: asks for numbers, sizes and names, and for no message.
struct ProbeMaildrop {
  let account: ServerAccount
  /// The most octets of a message that the target takes; nil where there is none, or no limit.
  let limit: UInt64?
  let interruption: Interruption

  /// Connects, logs in, looks, and leaves, with one try of each.
  ///
  /// - Throws: `ClientError`.
  func run() throws(ClientError) -> ProbedAccount {
    let connection = try POP3Connection.open(account, interruption: interruption)
    var found = ProbedMaildrop()
    let status = try connection.status()
    found.messages = status.count
    found.octets = status.octets
    found.capabilities = connection.capabilities
    if status.count > 0 {
      let sizes = limit == nil ? [:] : try connection.list()
      found.tooLarge = limit.map { limit in sizes.values.count { $0 > limit } }
      found.hasUIDLs =
        MaildropListing(
          count: status.count, sizes: sizes, uidls: try connection.uidls()
        ).hasUIDLs
    }
    connection.quit()
    found.imapPort = AskForIMAP(account: account, interruption: interruption).run()
    return ProbedAccount(
      identity: account.identity, host: account.host, port: account.port, link: connection.link,
      login: connection.loginCommand,
      mechanisms: (connection.offered?.mechanisms ?? []).sorted(), content: .pop3(found))
  }
}
