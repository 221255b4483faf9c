import Mail
package import Protocols

extension IMAPConnection {
  /// Asks for all mailboxes with their special use, subscription and status: in one command where the
  /// server can (RFC 5258, RFC 5819, RFC 6154), else with LIST, LSUB and STATUS, pipelined.
  ///
  /// Which there are and how their names are read, the account's `namespaces` says as well.
  ///
  /// - Returns: the mailboxes that exist, those that hold no mail included, named without the prefix.
  /// - Throws: `ClientError`; `.unreadableList` rather than a list with a mailbox left out.
  package func listMailboxes() throws(ClientError) -> ServerTree {
    var listing = MailboxListing(limits: .standard)
    try list(RawMailboxName(bytes: [UInt8(ascii: "*")]), &listing)
    // Some servers list other namespaces only when asked for them.
    if account.namespaces.all {
      for prefix in otherPrefixes {
        do { try list(RawMailboxName(bytes: prefix.bytes + [UInt8(ascii: "*")]), &listing) } catch {
          guard case .refused = error else { throw error }
        }
      }
    }
    try listing.requireReadable()
    return tree(listing)
  }

  /// Asks for the mailboxes whose names match a pattern.
  private func list(
    _ pattern: RawMailboxName, _ listing: inout MailboxListing
  ) throws(ClientError) {
    let none = RawMailboxName(bytes: [])
    if capabilities.contains(.listExtended), capabilities.contains(.listStatus) {
      var options: [ListReturnOption] = [.subscribed, .status(statusItems)]
      if capabilities.contains(.specialUse) { options.append(.specialUse) }
      try run(.list(reference: none, pattern: pattern, returning: options), "LIST") {
        event throws(ClientError) in try listing.take(event)
      }
      return
    }
    let known = Set(listing.entries.map(\.rawName))
    let list = send(.list(reference: none, pattern: pattern, returning: []))
    let lsub = send(.lsub(reference: none, pattern: pattern))
    try finish(list, "LIST") { event throws(ClientError) in try listing.take(event) }
    try finish(lsub, "LSUB") { event throws(ClientError) in try listing.take(event) }
    let wanted = listing.entries.filter {
      !$0.attributes.isUnselectable && !known.contains($0.rawName)
    }
    // A mailbox whose status is refused is looked at more closely later on.
    try askStatus(of: wanted.map(\.rawName), statusItems) { event throws(ClientError) in
      try listing.take(event)
    }
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

  private func tree(_ listing: MailboxListing) -> ServerTree {
    let choice = account.namespaces
    let usesUTF8 = session.usesUTF8Names
    let personal = namespaces?.personal.first
    let separator = choice.separator(
      personal?.separator ?? listing.entries.lazy.compactMap(\.separator).first)
    let prefix = choice.prefix(
      personal?.prefix ?? RawMailboxName(bytes: []), separator: separator, usesUTF8: usesUTF8)
    let foreign = choice.all ? [] : foreignPrefixes(besides: prefix)
    let entries = listing.entries.lazy.filter { entry in
      !entry.attributes.contains(.nonExistent)
        && !foreign.contains { entry.rawName.isInside($0) }
    }.map { choice.reading($0, usesUTF8: usesUTF8) }
    let names = MailboxNaming(prefix: prefix, separator: separator, usesUTF8: usesUTF8)
      .run(Array(entries))
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

  /// The prefixes of all namespaces but the first of the account's own, where the server tells them.
  private var otherPrefixes: [RawMailboxName] {
    guard let namespaces else { return [] }
    let others = namespaces.personal.dropFirst() + namespaces.otherUsers + namespaces.shared
    return others.map(\.prefix).filter { !$0.bytes.isEmpty }
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
