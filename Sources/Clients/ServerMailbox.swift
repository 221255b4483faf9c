package import Mail
package import Protocols

/// A mailbox on a server.
package struct ServerMailbox: Sendable {
  /// Its place in the hierarchy, without the namespace's prefix.
  package let name: MailboxName
  /// Its name as it has to be sent.
  package let raw: RawMailboxName
  /// Its special uses (RFC 6154); empty where the server tells none.
  package let specialUses: [SpecialUse]
  /// Whether LSUB, or LIST with RETURN (SUBSCRIBED), named it.
  package let isSubscribed: Bool
  /// Whether it can hold messages.
  package let isSelectable: Bool
  /// Nil where the server gave none.
  package var status: StatusItems?

  package init(
    name: MailboxName, raw: RawMailboxName, specialUses: [SpecialUse], isSubscribed: Bool,
    isSelectable: Bool, status: StatusItems?
  ) {
    self.name = name
    self.raw = raw
    self.specialUses = specialUses
    self.isSubscribed = isSubscribed
    self.isSelectable = isSelectable
    self.status = status
  }
}

/// All mailboxes of an account and how their names are built.
package struct ServerTree: Sendable {
  /// The mailboxes, INBOX first, then by name.
  package let mailboxes: [ServerMailbox]
  /// The prefix of the user's own mailboxes, such as `INBOX.`; INBOX itself has none.
  package let prefix: RawMailboxName
  /// What stands between the components of a name; nil where the server has no hierarchy.
  package let separator: UInt8?

  package init(mailboxes: [ServerMailbox], prefix: RawMailboxName, separator: UInt8?) {
    self.mailboxes = mailboxes
    self.prefix = prefix
    self.separator = separator
  }

  /// The name on this server of a mailbox that it may not have yet.
  ///
  /// Nil where it has no hierarchy and the name is one.
  package func raw(for name: MailboxName, usesUTF8: Bool) -> RawMailboxName? {
    mailboxes.first { $0.name == name }?.raw
      ?? RawMailboxName(name, prefix: prefix, separator: separator, usesUTF8: usesUTF8)
  }
}
