/// One capability a server announced, in upper case (RFC 9051, section 7.2.2).
package struct Capability: Hashable, Sendable, CustomStringConvertible {
  /// The name, in upper case.
  package let name: String

  /// Takes a name in any case.
  package init(_ name: String) { self.name = name.uppercased() }

  package static let imap4rev1 = Capability("IMAP4REV1")
  package static let imap4rev2 = Capability("IMAP4REV2")
  package static let startTLS = Capability("STARTTLS")
  package static let loginDisabled = Capability("LOGINDISABLED")
  package static let authPlain = Capability("AUTH=PLAIN")
  package static let saslIR = Capability("SASL-IR")
  package static let literalPlus = Capability("LITERAL+")
  package static let literalMinus = Capability("LITERAL-")
  package static let multiAppend = Capability("MULTIAPPEND")
  package static let uidPlus = Capability("UIDPLUS")
  package static let binary = Capability("BINARY")
  package static let condStore = Capability("CONDSTORE")
  package static let qResync = Capability("QRESYNC")
  package static let enable = Capability("ENABLE")
  package static let utf8Accept = Capability("UTF8=ACCEPT")
  package static let namespace = Capability("NAMESPACE")
  package static let id = Capability("ID")
  package static let listExtended = Capability("LIST-EXTENDED")
  package static let listStatus = Capability("LIST-STATUS")
  package static let specialUse = Capability("SPECIAL-USE")
  package static let createSpecialUse = Capability("CREATE-SPECIAL-USE")
  package static let objectID = Capability("OBJECTID")
  package static let move = Capability("MOVE")
  package static let unselect = Capability("UNSELECT")
  package static let eSearch = Capability("ESEARCH")
  package static let statusSize = Capability("STATUS=SIZE")
  package static let compressDeflate = Capability("COMPRESS=DEFLATE")

  package var description: String { name }
}

/// What a server said it can do.
package struct CapabilitySet: Hashable, Sendable, CustomStringConvertible {
  /// Every capability by name.
  package let all: Set<Capability>

  /// Wraps capabilities that were announced together.
  package init(_ all: some Sequence<Capability>) { self.all = Set(all) }

  /// Whether the capability was announced, by name or as part of IMAP4rev2, whose base contains it.
  ///
  /// A server that has both revisions acts as IMAP4rev2 only after ENABLE, but what rev2 contains
  /// beyond rev1 (RFC 9051, appendix E) are extensions it then lists on their own as well; so a
  /// base capability is inferred only where IMAP4rev1 is not announced.
  package func contains(_ capability: Capability) -> Bool {
    all.contains(capability) || (isRev2Only && Self.baseOfRev2.contains(capability))
  }

  /// Whether the server speaks IMAP4rev2 without having to be asked.
  package var isRev2Only: Bool {
    all.contains(.imap4rev2) && !all.contains(.imap4rev1)
  }

  /// Whether any version of IMAP4 this session speaks was announced.
  package var isUsable: Bool { all.contains(.imap4rev1) || all.contains(.imap4rev2) }

  /// The SASL mechanisms, in upper case.
  package var authenticationMechanisms: Set<String> { Set(values(of: "AUTH=")) }

  /// The largest message APPEND takes, in bytes (RFC 7889); nil where none is named.
  package var appendLimit: UInt64? {
    values(of: "APPENDLIMIT=").lazy.compactMap { UInt64($0) }.min()
  }

  /// The names, sorted and separated by spaces.
  package var description: String { all.map(\.name).sorted().joined(separator: " ") }

  private func values(of prefix: String) -> [String] {
    all.filter { $0.name.hasPrefix(prefix) }.map { String($0.name.dropFirst(prefix.count)) }
  }

  private static let baseOfRev2: Set<Capability> = [
    .namespace, .unselect, .uidPlus, .eSearch, .enable, .saslIR, .listExtended, .listStatus, .move,
    .literalMinus, .statusSize,
  ]
}
