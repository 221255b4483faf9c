/// One capability a server announced, in upper case (RFC 9051, section 7.2.2).
package struct Capability: Hashable, Sendable, CustomStringConvertible {
  /// The name, in upper case.
  package let name: String

  /// Takes a name in any case.
  package init(_ name: String) { self.name = name.uppercased() }

  /// The base protocol of RFC 3501.
  package static let imap4rev1 = Capability("IMAP4REV1")
  /// The base protocol of RFC 9051.
  package static let imap4rev2 = Capability("IMAP4REV2")
  /// TLS within the connection (RFC 9051, section 6.2.1).
  package static let startTLS = Capability("STARTTLS")
  /// LOGIN is refused, as before TLS (RFC 9051, section 6.2.3).
  package static let loginDisabled = Capability("LOGINDISABLED")
  /// AUTHENTICATE PLAIN (RFC 4616).
  package static let authPlain = Capability("AUTH=PLAIN")
  /// AUTHENTICATE with an initial response (RFC 4959).
  package static let saslIR = Capability("SASL-IR")
  /// Literals of any size without waiting (RFC 7888).
  package static let literalPlus = Capability("LITERAL+")
  /// Literals up to 4096 bytes without waiting (RFC 7888).
  package static let literalMinus = Capability("LITERAL-")
  /// Several messages in one APPEND (RFC 3502).
  package static let multiAppend = Capability("MULTIAPPEND")
  /// APPENDUID, COPYUID and UID EXPUNGE (RFC 4315).
  package static let uidPlus = Capability("UIDPLUS")
  /// BINARY[] and literal8, which may hold NUL (RFC 3516).
  package static let binary = Capability("BINARY")
  /// Modification sequences (RFC 7162).
  package static let condStore = Capability("CONDSTORE")
  /// Quick resynchronisation with VANISHED (RFC 7162).
  package static let qResync = Capability("QRESYNC")
  /// ENABLE (RFC 5161).
  package static let enable = Capability("ENABLE")
  /// UTF-8 in names and quoted strings, once enabled (RFC 6855).
  package static let utf8Accept = Capability("UTF8=ACCEPT")
  /// NAMESPACE (RFC 2342).
  package static let namespace = Capability("NAMESPACE")
  /// ID (RFC 2971).
  package static let id = Capability("ID")
  /// LIST with selection and return options (RFC 5258).
  package static let listExtended = Capability("LIST-EXTENDED")
  /// STATUS within the answer to LIST (RFC 5819).
  package static let listStatus = Capability("LIST-STATUS")
  /// What a mailbox is for, in the answer to LIST (RFC 6154).
  package static let specialUse = Capability("SPECIAL-USE")
  /// CREATE with a special use (RFC 6154).
  package static let createSpecialUse = Capability("CREATE-SPECIAL-USE")
  /// MAILBOXID and EMAILID (RFC 8474).
  package static let objectID = Capability("OBJECTID")
  /// UID MOVE (RFC 6851).
  package static let move = Capability("MOVE")
  /// UNSELECT (RFC 3691).
  package static let unselect = Capability("UNSELECT")
  /// SEARCH with return options (RFC 4731).
  package static let eSearch = Capability("ESEARCH")
  /// The size of a mailbox in STATUS (RFC 8438).
  package static let statusSize = Capability("STATUS=SIZE")
  /// GETQUOTA and GETQUOTAROOT (RFC 9208).
  package static let quota = Capability("QUOTA")
  /// A limit on the size of messages that STATUS tells for each mailbox (RFC 7889).
  package static let appendLimit = Capability("APPENDLIMIT")

  /// The name.
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
