import Mail
package import Protocols

extension IMAPConnection {
  /// Asks for all mailboxes with their special use, subscription and status: in one command where the
  /// server can (RFC 5258, RFC 5819, RFC 6154), else with LIST, LSUB and STATUS, pipelined.
  ///
  /// - Parameter allNamespaces: whether other users' and shared mailboxes are listed too.
  /// - Returns: the mailboxes that exist, those that hold no mail included, named without the prefix.
  /// - Throws: `ClientError`; `.unreadableList` rather than a list with a mailbox left out.
  package func listMailboxes(allNamespaces: Bool) throws(ClientError) -> ServerTree {
    var listing = MailboxListing(limits: .standard)
    func collect(_ event: IMAPEvent) throws(ClientError) { try listing.take(event) }
    let everything = RawMailboxName(bytes: [UInt8(ascii: "*")])
    let none = RawMailboxName(bytes: [])
    if capabilities.contains(.listExtended), capabilities.contains(.listStatus) {
      var options: [ListReturnOption] = [.subscribed, .status(statusItems)]
      if capabilities.contains(.specialUse) { options.append(.specialUse) }
      try run(.list(reference: none, pattern: everything, returning: options), "LIST", collect)
    } else {
      let list = send(.list(reference: none, pattern: everything, returning: []))
      let lsub = send(.lsub(reference: none, pattern: everything))
      try finish(list, "LIST", collect)
      try finish(lsub, "LSUB", collect)
      let wanted = listing.entries.filter { !$0.attributes.isUnselectable }
      // A mailbox whose status is refused is looked at more closely later on.
      try askStatus(of: wanted.map(\.rawName), statusItems, collect)
    }
    try listing.requireReadable()
    return tree(listing, allNamespaces: allNamespaces)
  }

  /// The status of mailboxes, asked for all at once.
  ///
  /// - Parameters:
  ///   - mailboxes: those of whom `items` are asked.
  ///   - items: what to ask.
  /// - Returns: what the server told; one that it refuses is left out.
  /// - Throws: `ClientError`, also where the server wants to be left alone for a while.
  package func statuses(
    of mailboxes: [RawMailboxName], _ items: [StatusItem]
  ) throws(ClientError) -> [RawMailboxName: StatusItems] {
    var listing = MailboxListing(limits: .standard)
    try askStatus(of: mailboxes, items) { event throws(ClientError) in try listing.take(event) }
    var found: [RawMailboxName: StatusItems] = [:]
    for mailbox in mailboxes { found[mailbox] = listing.status(of: mailbox) }
    return found
  }

  private func askStatus(
    of mailboxes: [RawMailboxName], _ items: [StatusItem],
    _ body: (IMAPEvent) throws(ClientError) -> Void
  ) throws(ClientError) {
    let tags = mailboxes.map { send(.status($0, items)) }
    var throttled: ClientError?
    for tag in tags {
      do { try finish(tag, "STATUS", body) } catch {
        guard case .refused(_, _, let text) = error else { throw error }
        if text.isThrottled { throttled = error }
      }
    }
    if let throttled { throw throttled }
  }

  // No SIZE: for that some servers read every message. No MAILBOXID: Cyrus 3.6 answers LIST with bytes
  // from anywhere in its memory, line ends among them.
  private var statusItems: [StatusItem] {
    var items: [StatusItem] = [.messages, .uidNext, .uidValidity]
    if capabilities.contains(.condStore) || capabilities.contains(.qResync) {
      items.append(.highestModSeq)
    }
    return items
  }

  private func tree(_ listing: MailboxListing, allNamespaces: Bool) -> ServerTree {
    let personal = namespaces?.personal.first
    let prefix = personal?.prefix ?? RawMailboxName(bytes: [])
    let separator = personal?.separator ?? listing.entries.lazy.compactMap(\.separator).first
    let foreign = allNamespaces ? [] : foreignPrefixes(besides: prefix)
    let entries = listing.entries.filter { entry in
      !entry.attributes.contains(.nonExistent)
        && !foreign.contains { entry.rawName.isInside($0) }
    }
    let names = MailboxNaming(
      prefix: prefix, separator: separator, usesUTF8: session.usesUTF8Names
    ).run(entries)
    let mailboxes = entries.compactMap { entry in
      names[entry.rawName].map { name in
        ServerMailbox(
          name: name, raw: entry.rawName, specialUses: entry.specialUses,
          isSubscribed: listing.isSubscribed(entry.rawName),
          isSelectable: !entry.attributes.isUnselectable, status: listing.status(of: entry.rawName))
      }
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
