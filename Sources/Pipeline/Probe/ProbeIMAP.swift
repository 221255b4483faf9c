import Clients
import Mail
import Platform
import Protocols

/// Looks at an account over IMAP and changes nothing: mailboxes are opened with EXAMINE, and no message is
/// fetched, only their sizes.
struct ProbeIMAP {
  let account: ServerAccount
  /// The most octets of a message that the target takes; nil where there is none, or no limit.
  let limit: UInt64?
  /// Mail that came in before this is old.
  let old: InternalDate
  let interruption: Interruption

  /// Connects, logs in, looks, and logs out, with one try of each.
  ///
  /// - Throws: `ClientError`.
  func run() throws(ClientError) -> ProbedAccount {
    let connection = try IMAPConnection.open(
      account, enabling: [], interruption: interruption)
    var found = ProbedIMAP()
    found.tree = try connection.listMailboxes()
    found.capabilities = connection.capabilities
    found.serverID = connection.serverID
    let statuses = try connection.statuses(
      of: found.tree.mailboxes.filter(\.isSelectable).map(\.raw), items(connection.capabilities))
    for mailbox in found.tree.mailboxes {
      var probed = ProbedMailbox(name: mailbox.name)
      probed.specialUses = mailbox.specialUses
      probed.isSelectable = mailbox.isSelectable
      let status = statuses[mailbox.raw]
      probed.messages = status?.messages ?? mailbox.status?.messages
      probed.unseen = status?.unseen
      probed.octets = status?.size
      probed.appendLimit = status?.appendLimit
      if mailbox.isSelectable { try look(into: mailbox.raw, connection, &probed, &found) }
      found.mailboxes.append(probed)
    }
    found.quotas = try connection.quotas(of: .inbox)
    connection.logout()
    return ProbedAccount(
      identity: account.identity, host: account.host, port: account.port, link: connection.link,
      login: connection.loginCommand,
      mechanisms: connection.offered.authenticationMechanisms.sorted(), content: .imap(found))
  }

  private func items(_ capabilities: CapabilitySet) -> [StatusItem] {
    var items: [StatusItem] = [.messages, .unseen]
    if capabilities.contains(.statusSize) { items.append(.size) }
    if capabilities.contains(.appendLimit) { items.append(.appendLimit) }
    return items
  }

  /// Opens a mailbox for reading only; one that the server does not open is named.
  private func look(
    into raw: RawMailboxName, _ connection: IMAPConnection, _ probed: inout ProbedMailbox,
    _ found: inout ProbedIMAP
  ) throws(ClientError) {
    do throws(ClientError) {
      let selected = try connection.examine(raw, .plain)
      probed.messages = selected.exists
      probed.uidValidity = selected.uidValidity
      probed.keywords = selected.flags.keywords.filter { !$0.name.hasPrefix("\\") }
      probed.keeps = KeywordsKept(selected)
      if selected.exists == 0 { probed.octets = probed.octets ?? 0 }
    } catch {
      guard case .refused(_, _, let text) = error else { throw error }
      probed.refusal = text.text
      return
    }
    guard probed.messages != 0 else { return }
    if probed.octets == nil { probed.octets = try size(connection) }
    if let limit { probed.tooLarge = try count([.larger(limit)], connection) }
    if found.hasOldMail != true, let count = try count([.before(old)], connection) {
      found.hasOldMail = count > 0
    }
  }

  /// The octets of all messages of the open mailbox; nil where the server does not tell those of each.
  private func size(_ connection: IMAPConnection) throws(ClientError) -> UInt64? {
    var sizes: [UInt32: UInt64] = [:]
    do {
      try connection.fetch(.all, [.size]) { event throws(ClientError) in
        guard case .fetch(let response) = event, let size = response.size else { return }
        sizes[response.sequenceNumber] = size
        guard sizes.count <= IMAPConnection.mostMessages else {
          throw .tooMuch("messages", limit: IMAPConnection.mostMessages)
        }
      }
    } catch {
      guard case .refused = error else { throw error }
      return nil
    }
    return sizes.values.reduce(0) { sum, size in
      let (total, overflow) = sum.addingReportingOverflow(size)
      return overflow ? .max : total
    }
  }

  /// How many messages of the open mailbox are so; nil where the server does not search for that.
  private func count(
    _ keys: [SearchKey], _ connection: IMAPConnection
  ) throws(ClientError) -> Int? {
    do { return try connection.search(keys).count } catch {
      guard case .refused = error else { throw error }
      return nil
    }
  }
}

extension KeywordsKept {
  /// What EXAMINE told, where nothing at all can be stored: that says nothing of what else could be.
  init(_ selected: SelectedMailbox) {
    guard let permanent = selected.permanentFlags else {
      self = .any
      return
    }
    if permanent.isEmpty, !selected.takesNewKeywords {
      self = .untold
    } else {
      self = selected.takesNewKeywords ? .any : .only(permanent.keywords)
    }
  }
}
