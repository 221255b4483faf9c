/// A mailbox's place in the hierarchy: Unicode components, without the server's separator and
/// without the prefix of its personal namespace.
///
/// Names are equal when their bytes are: a server can hold two mailboxes that differ only in Unicode
/// normalisation, and they are two here as well. `INBOX` alone is case-insensitive (RFC 9051, 5.1).
package struct MailboxName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The components, the top of the hierarchy first; at least one, none empty.
  package let components: [String]

  /// A name of the given components; nil where there is none, or one is empty.
  package init?(_ components: [String]) {
    guard !components.isEmpty, components.allSatisfy({ !$0.isEmpty }) else { return nil }
    if components.count == 1, components[0].lowercased().utf8.elementsEqual("inbox".utf8) {
      self.components = ["INBOX"]
    } else {
      self.components = components
    }
  }

  private init(canonical components: [String]) { self.components = components }

  /// The mailbox that every account has.
  package static let inbox = MailboxName(canonical: ["INBOX"])

  /// Whether it is INBOX itself, and not a mailbox below it.
  package var isInbox: Bool { self == .inbox }

  /// The name one level up; nil at the top.
  package var parent: MailboxName? {
    components.count > 1 ? MailboxName(Array(components.dropLast())) : nil
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.components.count == right.components.count
      && zip(left.components, right.components).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
  }

  package func hash(into hasher: inout Hasher) {
    for component in components {
      for byte in component.utf8 { hasher.combine(byte) }
      hasher.combine(UInt8(0))
    }
  }

  /// INBOX first, then by the bytes of the components.
  package static func < (left: Self, right: Self) -> Bool {
    if left.isInbox || right.isInbox { return left.isInbox && !right.isInbox }
    for (one, other) in zip(left.components, right.components)
    where !one.utf8.elementsEqual(other.utf8) {
      return one.utf8.lexicographicallyPrecedes(other.utf8)
    }
    return left.components.count < right.components.count
  }

  /// The name as people read it: components joined by `/`, a `/` inside one shown as `%2F`.
  package var description: String { stateForm }

  /// A reversible one-line form for state files and reports: components joined by `/`; `/`, `%` and
  /// control characters percent-escaped byte by byte.
  package var stateForm: String {
    components.map { PercentEscape.encode($0, escaping: Self.needsEscape) }.joined(separator: "/")
  }

  /// Reads what `stateForm` wrote; nil where the text is no such form.
  package init?(stateForm: some StringProtocol) {
    var parts: [String] = []
    for part in stateForm.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    {
      guard let text = PercentEscape.decode(part) else { return nil }
      parts.append(text)
    }
    self.init(parts)
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%")
  }
}
