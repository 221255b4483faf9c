package import Mail

/// One mailbox in the answer to LIST or LSUB (RFC 9051, section 7.3.1).
package struct ListEntry: Hashable, Sendable {
  /// What the server says of the mailbox.
  package var attributes: MailboxAttributes

  /// The special uses among the attributes (RFC 6154), in the order in which they came.
  package var specialUses: [SpecialUse]

  /// The hierarchy separator; nil where there is no hierarchy.
  package var separator: UInt8?

  /// The name as it has to be sent back.
  package var rawName: RawMailboxName

  /// The name's components in Unicode, the namespace prefix included.
  package var components: [String]

  /// The kinds of children that made a mailbox match (CHILDINFO, RFC 5258), in upper case.
  package var childInfo: [String] = []

  /// The name before a RENAME or a normalisation (OLDNAME, RFC 9051, section 6.3.9.7).
  package var oldName: RawMailboxName?
}

/// The attributes of a mailbox that are not special uses (RFC 9051, section 7.3.1).
package struct MailboxAttributes: OptionSet, Hashable, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let noSelect = Self(rawValue: 1)
  package static let noInferiors = Self(rawValue: 2)
  package static let hasChildren = Self(rawValue: 4)
  package static let hasNoChildren = Self(rawValue: 8)
  package static let marked = Self(rawValue: 16)
  package static let unmarked = Self(rawValue: 32)
  package static let nonExistent = Self(rawValue: 64)
  package static let subscribed = Self(rawValue: 128)
  package static let remote = Self(rawValue: 256)

  static let named: [String: MailboxAttributes] = [
    "\\NOSELECT": .noSelect, "\\NOINFERIORS": .noInferiors, "\\HASCHILDREN": .hasChildren,
    "\\HASNOCHILDREN": .hasNoChildren, "\\MARKED": .marked, "\\UNMARKED": .unmarked,
    "\\NONEXISTENT": .nonExistent, "\\SUBSCRIBED": .subscribed, "\\REMOTE": .remote,
  ]
}

/// What STATUS tells of a mailbox (RFC 9051, section 7.3.4). Nil is what was not answered.
package struct StatusItems: Hashable, Sendable {
  package var messages: UInt32?
  package var uidNext: UID?
  package var uidValidity: UIDValidity?
  package var highestModSeq: ModificationSequence?
  package var unseen: UInt32?
  /// The sum of the messages' sizes in bytes (RFC 8438).
  package var size: UInt64?
  /// The identifier that survives a rename (RFC 8474).
  package var mailboxID: String?

  package init() {}
}

/// One namespace: the prefix of its names and its separator (RFC 2342, section 5).
package struct NamespaceEntry: Hashable, Sendable {
  package var prefix: RawMailboxName
  package var separator: UInt8?

  package init(prefix: RawMailboxName, separator: UInt8?) {
    self.prefix = prefix
    self.separator = separator
  }
}

/// The namespaces of a server; empty arrays where it says NIL.
package struct Namespaces: Hashable, Sendable {
  package var personal: [NamespaceEntry]
  package var otherUsers: [NamespaceEntry]
  package var shared: [NamespaceEntry]

  package init(
    personal: [NamespaceEntry], otherUsers: [NamespaceEntry], shared: [NamespaceEntry]
  ) {
    self.personal = personal
    self.otherUsers = otherUsers
    self.shared = shared
  }
}
