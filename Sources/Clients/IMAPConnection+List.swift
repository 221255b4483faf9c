import Mail
import Protocols

extension IMAPConnection {
  /// Asks for all mailboxes with their special use, subscription and status: in one command where the
  /// server can (RFC 5258, RFC 5819, RFC 6154), else with LIST, LSUB and STATUS, pipelined.
  ///
  /// - Parameter allNamespaces: whether other users' and shared mailboxes are listed too.
  /// - Returns: the mailboxes that exist, those that hold no mail included, named without the prefix.
  /// - Throws: `ClientError`; `.unreadableList` rather than a list with a mailbox left out.
  package func listMailboxes(allNamespaces: Bool) throws(ClientError) -> ServerTree {
    var listed: [ListEntry] = []
    var subscribed: Set<RawMailboxName> = []
    var statuses: [RawMailboxName: StatusItems] = [:]
    var unreadable: Evidence?
    func collect(_ event: IMAPEvent) {
      switch event {
      case .malformed(let evidence): unreadable = evidence
      case .list(let entry): listed.append(entry)
      case .lsub(let entry): subscribed.insert(entry.rawName)
      case .status(let name, let items): statuses[name] = items
      default: break
      }
    }
    let everything = RawMailboxName(bytes: [UInt8(ascii: "*")])
    let none = RawMailboxName(bytes: [])
    if capabilities.contains(.listExtended), capabilities.contains(.listStatus) {
      var options: [ListReturnOption] = [.subscribed, .status(statusItems)]
      if capabilities.contains(.specialUse) { options.append(.specialUse) }
      try run(.list(reference: none, pattern: everything, returning: options), "LIST", collect)
      for entry in listed where entry.attributes.contains(.subscribed) {
        subscribed.insert(entry.rawName)
      }
    } else {
      let list = send(.list(reference: none, pattern: everything, returning: []))
      let lsub = send(.lsub(reference: none, pattern: everything))
      try finish(list, "LIST", collect)
      try finish(lsub, "LSUB", collect)
      let wanted = listed.filter { !$0.attributes.isUnselectable }
      let tags = wanted.map { send(.status($0.rawName, statusItems)) }
      for tag in tags {
        // A mailbox whose status is refused is looked at more closely later on.
        do { try finish(tag, "STATUS", collect) } catch {
          guard case .refused = error else { throw error }
        }
      }
    }
    // A mailbox whose line can't be read would else be left behind in silence.
    if let unreadable { throw .unreadableList(unreadable) }
    return tree(listed, subscribed, statuses, allNamespaces: allNamespaces)
  }

  // No SIZE: for that some servers read every message.
  private var statusItems: [StatusItem] {
    var items: [StatusItem] = [.messages, .uidNext, .uidValidity]
    if capabilities.contains(.condStore) || capabilities.contains(.qResync) {
      items.append(.highestModSeq)
    }
    return items
  }

  private func tree(
    _ listed: [ListEntry], _ subscribed: Set<RawMailboxName>,
    _ statuses: [RawMailboxName: StatusItems], allNamespaces: Bool
  ) -> ServerTree {
    let personal = namespaces?.personal.first
    let prefix = personal?.prefix ?? RawMailboxName(bytes: [])
    let separator = personal?.separator ?? listed.lazy.compactMap(\.separator).first
    let foreign = allNamespaces ? [] : foreignPrefixes(besides: prefix)
    var mailboxes: [ServerMailbox] = []
    var taken: Set<MailboxName> = []
    for entry in listed where !entry.attributes.contains(.nonExistent) {
      let raw = entry.rawName
      guard !foreign.contains(where: { raw.isInside($0) }) else { continue }
      guard let name = name(of: entry, prefix: prefix, taken: taken) else { continue }
      taken.insert(name)
      mailboxes.append(
        ServerMailbox(
          name: name, raw: raw, specialUses: entry.specialUses,
          isSubscribed: subscribed.contains(raw),
          isSelectable: !entry.attributes.isUnselectable, status: statuses[raw]))
    }
    return ServerTree(
      mailboxes: mailboxes.sorted { $0.name < $1.name }, prefix: prefix, separator: separator)
  }

  /// The prefixes of other users' and shared mailboxes, each with its separator at the end.
  private func foreignPrefixes(besides own: RawMailboxName) -> [NamespaceEntry] {
    guard let namespaces else { return [] }
    return (namespaces.otherUsers + namespaces.shared).filter {
      !$0.prefix.bytes.isEmpty && $0.prefix != own
    }
  }

  /// A mailbox's name without the prefix; with it where it would else be taken for another one.
  private func name(
    of entry: ListEntry, prefix: RawMailboxName, taken: Set<MailboxName>
  ) -> MailboxName? {
    let whole = MailboxName(entry.components) ?? MailboxName([entry.rawName.description])
    let raw = entry.rawName
    guard !prefix.bytes.isEmpty, raw.bytes.starts(with: prefix.bytes) else { return whole }
    let rest = RawMailboxName(bytes: Array(raw.bytes.dropFirst(prefix.bytes.count)))
    let components = rest.components(
      separator: entry.separator, usesUTF8: session.usesUTF8Names)
    guard let name = MailboxName(components), !name.isInbox, !taken.contains(name) else {
      return whole
    }
    return name
  }
}

extension MailboxAttributes {
  var isUnselectable: Bool { contains(.noSelect) || contains(.nonExistent) }
}

extension RawMailboxName {
  /// Whether the name lies in a namespace; its root, named without the separator, does too.
  fileprivate func isInside(_ namespace: NamespaceEntry) -> Bool {
    if bytes.starts(with: namespace.prefix.bytes) { return true }
    guard let separator = namespace.separator, namespace.prefix.bytes.last == separator else {
      return false
    }
    return bytes.elementsEqual(namespace.prefix.bytes.dropLast())
  }
}
