import Clients
import Journals
import Mail
import Platform
import Stores

/// What an archive, or mail that other programs left, says that an account should have.
///
/// Confined to one worker.
final class ExpectedFromArchive: ExpectedMail {
  /// A mailbox of the server, and where its messages are in the archive.
  private struct Item {
    let name: MailboxName
    let sources: [MailboxPlace]
  }

  private let source: PushSource
  private let options: CompareOptions
  private let interruption: Interruption
  private let tree: MailboxTree
  private let pulled: Directory?
  private let digests: PulledDigests
  private let stray: StrayKeywords
  private let digester = DigestMessages()
  private var items: [Item] = []
  /// Nil where the account is not the archive's source.
  private var toSource: MapToSource?
  private var told: Set<String> = []

  var withDeleted: Bool { options.withDeleted }
  var receiptMail: ReceiptHeader.Mail {
    source.archive.map { .archive($0.identity.id) } ?? .path(source.mail.path)
  }

  /// What could not be read at all.
  var unreadable: [String] { tree.unreadable }
  /// What looks like mail and is not read.
  var passedOver: [String] { tree.passedOver }
  /// Whether the account is the one from which the archive was pulled; known after `places`.
  var isSource: Bool { toSource != nil }

  /// Opens the mail; nothing of it is changed.
  ///
  /// - Throws: `StoreError`.
  init(_ path: String, _ options: CompareOptions, _ interruption: Interruption) throws {
    source = try PushSource(
      reading: path, statePath: options.statePath, mboxDialect: options.mboxDialect)
    self.options = options
    self.interruption = interruption
    tree = try source.mail.mailboxes()
    pulled = try? source.archive?.state.openSubdirectory("pull")
    digests = PulledDigests(pulled)
    stray = StrayKeywords(of: source.archive, in: tree.mailboxes)
  }

  func places(_ tree: ServerTree, _ server: AccountConnection?) throws -> [ExpectedPlace] {
    if let archive = source.archive, try isSource(archive, tree, server) {
      let map = MapToSource(
        account: archive.identity.account, records: archive.table.records,
        present: tree.mailboxes.map(\.name))
      toSource = map
      items = try sourceItems(map)
    } else {
      let mapping = MapMailboxes(
        mailboxes: self.tree.mailboxes, records: source.archive?.table.records ?? [], tree: tree,
        wasPushedTo: KnownTargets(source.index(of: options.account), options.account.identity)
          .contains
      ).run()
      items = mapping.targets.map { Item(name: $0.name, sources: $0.sources) }
    }
    return items.enumerated().map { number, item in
      ExpectedPlace(name: item.name, existing: tree.mailbox(item.name), number: number)
    }
  }

  /// One address may be the account's before and after a move to another host, so the messages
  /// themselves tell; where they can't any more, the name does, unless something was pushed there.
  private func isSource(
    _ archive: Archive, _ tree: ServerTree, _ server: AccountConnection?
  ) throws -> Bool {
    guard let pulled else { return false }
    let identity = options.account.identity
    guard let server else { return identity == archive.identity.account }
    let check = RefuseSource(archive: archive, pulled: pulled, target: identity)
    if try check.isSource(tree, server) { return true }
    return identity == archive.identity.account && source.index(of: options.account) == nil
  }

  /// Which mailboxes of the archive hold messages of each mailbox of the source.
  private func sourceItems(_ map: MapToSource) throws -> [Item] {
    var sources: [MailboxName: [MailboxPlace]] = [:]
    for place in tree.mailboxes {
      try interruption.stopIfRaised()
      var homes: Set<MailboxName> = [map.home(of: place.name)]
      // What can't be read is told when its own mailbox is compared.
      let messages = (try? source.mail.mailbox(at: place).scan()) ?? []
      for message in messages { homes.insert(map.home(of: message, in: place.name)) }
      for home in homes { sources[home, default: []].append(place) }
    }
    return sources.map { Item(name: $0.key, sources: $0.value) }.sorted { $0.name < $1.name }
  }

  func mailbox(_ place: ExpectedPlace) throws -> ExpectedMailbox {
    let item = items[place.number]
    var mailboxes: [any ReadableMailbox] = []
    for source in item.sources { mailboxes.append(try self.source.mail.mailbox(at: source)) }
    let index = try pushRecord(item.name)
    var unreadable: [ComparisonFinding] = []
    var found = try ScanArchive(
      mailboxes: mailboxes, pulled: digests, stray: stray, digester: digester,
      known: index?.digestsBySource ?? [:], full: options.full
    ) { [self] path, error in
      guard told.insert(path).inserted else { return }
      unreadable.append(ComparisonFinding(.unreadable, mailbox: nil, file: path, "\(error)"))
    }.run()
    if let toSource {
      found.removeAll { toSource.home(of: $0.stored, in: mailboxes[$0.mailbox].name) != item.name }
    }
    var messages: [ReceiptMessage] = []
    found = try found.filter { message in
      let mailbox = mailboxes[message.mailbox]
      do {
        messages.append(
          ReceiptMessage(
            mailbox: mailbox.name, file: message.source, digest: message.digest,
            headerKey: message.headerKey, size: message.size, keyDecides: message.isAsPulled,
            date: try mailbox.internalDate(of: message.stored), flags: compared(message.flags)))
        return true
      } catch StoreError.notFound {
        return false
      }
    }
    return ExpectedMailbox(
      messages: messages, known: try known(item.name, found, index),
      path: { mailboxes[found[$0].mailbox].path(of: found[$0].stored) },
      tolerated: { [digester] place in
        do {
          let message = found[place]
          return try digester.tolerated(
            message.stored, in: mailboxes[message.mailbox],
            copies: index?.copies(of: message.digest) ?? [], passesTrace: false)
        } catch StoreError.notFound {
          return []
        }
      }, unreadable: unreadable)
  }

  private func compared(_ flags: Flags) -> Flags {
    var flags = flags
    if !withDeleted { flags.system.remove(.deleted) }
    return flags
  }

  // MARK: Records

  /// The dedupe index of a mailbox; nil where nothing was pushed there from here.
  private func pushRecord(_ name: MailboxName) throws -> PushRecord? {
    guard toSource == nil, let directory = source.index(of: options.account) else { return nil }
    let key = MailboxKey(account: options.account.identity, mailbox: name)
    return try PushJournal(in: directory, key: key.hex, mailbox: name, readOnly: true).record
  }

  private func known(
    _ name: MailboxName, _ found: [ArchiveMessage], _ index: PushRecord?
  ) throws -> any KnownTransfers {
    guard toSource != nil, let archive = source.archive, let pulled else {
      return index.map { KnownPushes($0) } ?? NothingKnown()
    }
    let key = MailboxKey(account: archive.identity.account, mailbox: name)
    let record = try PullJournal(in: pulled, key: key.hex, mailbox: name, readOnly: true).record
    return KnownPulls(record: record, origins: found.map(\.stored.origin), key: key)
  }
}
