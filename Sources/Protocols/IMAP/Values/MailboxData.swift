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
  /// One bit for each attribute.
  package let rawValue: UInt16

  /// Attributes by their bits.
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// `\Noselect`: holds no messages.
  package static let noSelect = Self(rawValue: 1)

  /// `\Noinferiors`: can have no children.
  package static let noInferiors = Self(rawValue: 2)

  /// `\HasChildren`.
  package static let hasChildren = Self(rawValue: 4)

  /// `\HasNoChildren`.
  package static let hasNoChildren = Self(rawValue: 8)

  /// `\Marked`: may hold new messages.
  package static let marked = Self(rawValue: 16)

  /// `\Unmarked`: holds no new messages.
  package static let unmarked = Self(rawValue: 32)

  /// `\NonExistent`: there is only the name.
  package static let nonExistent = Self(rawValue: 64)

  /// `\Subscribed`.
  package static let subscribed = Self(rawValue: 128)

  /// `\Remote`: lives on another server.
  package static let remote = Self(rawValue: 256)

  static let named: [String: MailboxAttributes] = [
    "\\NOSELECT": .noSelect, "\\NOINFERIORS": .noInferiors, "\\HASCHILDREN": .hasChildren,
    "\\HASNOCHILDREN": .hasNoChildren, "\\MARKED": .marked, "\\UNMARKED": .unmarked,
    "\\NONEXISTENT": .nonExistent, "\\SUBSCRIBED": .subscribed, "\\REMOTE": .remote,
  ]
}

/// What STATUS tells of a mailbox (RFC 9051, section 7.3.4).
///
/// Nil is what was not answered.
package struct StatusItems: Hashable, Sendable {
  /// MESSAGES: how many there are.
  package var messages: UInt32?

  /// UIDNEXT: no message to come gets a lower UID; nil too where it is 0.
  package var uidNext: UID?

  /// UIDVALIDITY.
  package var uidValidity: UIDValidity?

  /// HIGHESTMODSEQ (RFC 7162).
  package var highestModSeq: ModificationSequence?

  /// UNSEEN: how many are not `\Seen`.
  package var unseen: UInt32?
  /// The sum of the messages' sizes in bytes (RFC 8438).
  package var size: UInt64?
  /// The most octets of a message that APPEND takes here (RFC 7889); nil too where it is not limited.
  package var appendLimit: UInt64?

  /// Nothing answered.
  package init() {}
}

/// One namespace: the prefix of its names and its separator (RFC 2342, section 5).
package struct NamespaceEntry: Hashable, Sendable {
  /// What names in it begin with, the separator included.
  package var prefix: RawMailboxName

  /// The separator; nil where there is no hierarchy.
  package var separator: UInt8?

  /// One namespace.
  package init(prefix: RawMailboxName, separator: UInt8?) {
    self.prefix = prefix
    self.separator = separator
  }
}

/// The namespaces of a server; empty arrays where it says NIL.
package struct Namespaces: Hashable, Sendable {
  /// The user's own.
  package var personal: [NamespaceEntry]

  /// Other users'.
  package var otherUsers: [NamespaceEntry]

  /// Shared by all.
  package var shared: [NamespaceEntry]

  /// All three kinds.
  package init(
    personal: [NamespaceEntry], otherUsers: [NamespaceEntry], shared: [NamespaceEntry]
  ) {
    self.personal = personal
    self.otherUsers = otherUsers
    self.shared = shared
  }
}
