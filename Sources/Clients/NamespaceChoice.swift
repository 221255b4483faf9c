import Protocols

/// Which of a server's mailboxes are an account's and how their names are read, where the user says it.
///
/// What is not said goes by NAMESPACE (RFC 2342) and LIST.
package struct NamespaceChoice: Sendable, Equatable {
  /// What parts the levels of a hierarchy.
  package enum Separator: Sendable, Equatable {
    /// What the server says.
    case asTold
    /// Nothing: each name is one level.
    case none
    /// This octet.
    case octet(UInt8)
  }

  /// Whether other users' and shared mailboxes are listed too.
  package var all = false
  /// What parts the levels.
  package var separator = Separator.asTold
  /// What the names of the account's own mailboxes begin with, in Unicode; nil for what the server says.
  package var prefix: String?

  /// What the server says, and the account's own mailboxes only.
  package init() {}
}

extension NamespaceChoice {
  /// The separator that counts where the server says `told`.
  func separator(_ told: UInt8?) -> UInt8? {
    switch separator {
    case .asTold: told
    case .none: nil
    case .octet(let octet): octet
    }
  }

  /// The prefix that counts where the server says `told`; one that the user gave ends with the separator.
  func prefix(_ told: RawMailboxName, separator: UInt8?, usesUTF8: Bool) -> RawMailboxName {
    guard let prefix else { return told }
    let bytes = RawMailboxName(encoding: prefix, usesUTF8: usesUTF8).bytes
    guard let separator, let last = bytes.last, last != separator else {
      return RawMailboxName(bytes: bytes)
    }
    return RawMailboxName(bytes: bytes + [separator])
  }

  /// A mailbox as it is listed, its name parted as the choice says.
  func reading(_ entry: ListEntry, usesUTF8: Bool) -> ListEntry {
    guard separator != .asTold else { return entry }
    var entry = entry
    entry.separator = separator(entry.separator)
    entry.components = entry.rawName.components(separator: entry.separator, usesUTF8: usesUTF8)
    return entry
  }
}
