/// The system flags that a client may set (RFC 9051, section 2.3.2).
///
/// `\Recent` is the server's own.
package struct SystemFlags: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `\Answered`.
  package static let answered = SystemFlags(rawValue: 1)
  /// `\Flagged`: wants attention.
  package static let flagged = SystemFlags(rawValue: 2)
  /// `\Deleted`: goes with the next EXPUNGE.
  package static let deleted = SystemFlags(rawValue: 4)
  /// `\Seen`: was read.
  package static let seen = SystemFlags(rawValue: 8)
  /// `\Draft`: is not finished.
  package static let draft = SystemFlags(rawValue: 16)

  /// Each flag with its name in IMAP and its letter in a Maildir file name, in the letters' order.
  package static let named: [(flag: SystemFlags, name: String, letter: UInt8)] = [
    (.draft, "\\Draft", UInt8(ascii: "D")),
    (.flagged, "\\Flagged", UInt8(ascii: "F")),
    (.answered, "\\Answered", UInt8(ascii: "R")),
    (.seen, "\\Seen", UInt8(ascii: "S")),
    (.deleted, "\\Deleted", UInt8(ascii: "T")),
  ]
}

/// A flag with a name of its own, such as `$Forwarded`.
///
/// Case does not tell keywords apart.
package struct Keyword: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The name in the spelling in which it was first seen.
  package let name: String

  package init(_ name: String) { self.name = name }

  package static func == (left: Self, right: Self) -> Bool {
    left.folded.elementsEqual(right.folded)
  }

  package func hash(into hasher: inout Hasher) {
    for byte in folded { hasher.combine(byte) }
  }

  package static func < (left: Self, right: Self) -> Bool {
    left.folded.lexicographicallyPrecedes(right.folded)
  }

  private var folded: some Sequence<UInt8> {
    name.utf8.lazy.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }

  package var description: String { name }
}

/// The flags and keywords of one message.
package struct Flags: Hashable, Sendable, CustomStringConvertible {
  /// The system flags that are set.
  package var system: SystemFlags
  /// The keywords that are set; no two differ in case alone.
  package var keywords: Set<Keyword>

  package init(_ system: SystemFlags = [], keywords: Set<Keyword> = []) {
    self.system = system
    self.keywords = keywords
  }

  /// Whether nothing is set.
  package var isEmpty: Bool { system.isEmpty && keywords.isEmpty }

  /// Adds a flag by its name in IMAP.
  ///
  /// `\Recent` is passed over: it says nothing of the message.
  /// Other names with a backslash are extensions and are kept like keywords.
  package mutating func insert(imap name: String) {
    if name.utf8.first == UInt8(ascii: "\\") {
      let asked = Keyword(name)
      if let known = SystemFlags.named.first(where: { Keyword($0.name) == asked }) {
        system.insert(known.flag)
        return
      }
      if asked == Keyword("\\Recent") { return }
    }
    keywords.insert(Keyword(name))
  }

  /// The flags of the given names, each taken as `insert(imap:)` takes it.
  package init(imap names: some Sequence<String>) {
    self.init()
    for name in names { insert(imap: name) }
  }

  /// The names in IMAP: system flags first, then keywords in order.
  package var imapNames: [String] {
    SystemFlags.named.filter { system.contains($0.flag) }.map(\.name)
      + keywords.sorted().map(\.name)
  }

  package var description: String { imapNames.joined(separator: " ") }

  /// What is set here or there; of two spellings of a keyword, this side's.
  package func union(_ other: Flags) -> Flags {
    Flags(system.union(other.system), keywords: keywords.union(other.keywords))
  }

  /// What is set here and not there.
  package func subtracting(_ other: Flags) -> Flags {
    Flags(system.subtracting(other.system), keywords: keywords.subtracting(other.keywords))
  }

  /// What is set here and there.
  package func intersection(_ other: Flags) -> Flags {
    Flags(system.intersection(other.system), keywords: keywords.intersection(other.keywords))
  }

  /// The three-way merge of two sides that both started from `base`.
  ///
  /// What either side added is there, what either side removed is not. Without a base it is the
  /// union, which loses nothing.
  package static func merge(_ one: Flags, _ other: Flags, base: Flags?) -> Flags {
    guard let base else { return one.union(other) }
    let removed = base.subtracting(one).union(base.subtracting(other))
    return one.union(other).subtracting(removed)
  }
}
