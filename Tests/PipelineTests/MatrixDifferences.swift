import TestSupport

/// What a server makes of the matrix's mail, and why that is no fault of a pull or a push.
///
/// Everything that is not here has to arrive as it was sent.
struct MatrixDifference {
  enum Effect: Equatable {
    /// It takes the message and gives back another content.
    case altered
    /// It takes no such message.
    case refused
    /// It keeps no keywords.
    case withoutKeywords
    /// It has no mailbox inside another one that may hold mail.
    case nestedRefused
    /// A mailbox inside one that is missing brings that into being.
    case parentMade
    /// There the mailbox has another name.
    case mailboxRenamed(String)
  }

  let servers: Set<MatrixServer>
  /// The name of the fixture or of the mailbox; nil is each message.
  let subject: String?
  let effect: Effect
  let reason: String

  init(
    _ servers: Set<MatrixServer>, _ subject: String?, _ effect: Effect, _ reason: String
  ) {
    self.servers = servers
    self.subject = subject
    self.effect = effect
    self.reason = reason
  }

  private static let dovecot: Set<MatrixServer> = [.maildir, .mdbox, .dotted]
  private static let cyrus: Set<MatrixServer> = [.cyrus, .dottedCyrus]

  static let all = [
    MatrixDifference([.courier], "bare CR", .altered, "every bare CR is dropped"),
    .init([.courier], "no final newline", .altered, "a CRLF is added"),
    .init(cyrus, "8-bit header", .altered, "each octet above 0x7F in a header becomes X"),
    .init(dovecot, "NUL", .altered, "NUL becomes 0x80"),
    .init([.mailutils], "NUL", .altered, "the message ends at the first NUL"),
    .init([.mailutils], nil, .altered, "X-IMAPbase, X-UID and Status are written into messages"),
    .init([.mailutils], nil, .withoutKeywords, "it has no keywords"),
    .init(
      cyrus.union([.mailutils]), "line without colon in the header", .refused, "an invalid header"),
    .init([.mailutils], nil, .nestedRefused, "a mailbox that may hold mail has no children"),
    .init(cyrus, nil, .parentMade, "CREATE makes the parents, which then are mailboxes"),
    .init(
      [.maildir], "v1.0", .mailboxRenamed("v1_0"),
      "dots part the components in its directory's names"),
    .init(
      [.dotted, .courier, .dottedCyrus], "v1.0", .mailboxRenamed("v1_0"),
      "the dot is its separator"),
    .init(cyrus, "R!S", .mailboxRenamed("R_S"), "it takes no exclamation mark in a name"),
  ]

  /// What happens to a message or mailbox of that name.
  static func of(_ server: MatrixServer, _ subject: String) -> [Effect] {
    all.filter { $0.servers.contains(server) && ($0.subject ?? subject) == subject }.map(\.effect)
  }

  /// The name that a mailbox of an account with these has on a server; nil where that has none such.
  static func name(
    _ server: MatrixServer, _ name: String, among mailboxes: some Collection<String>
  ) -> String? {
    for effect in of(server, name) {
      switch effect {
      case .nestedRefused where parent(name).map(mailboxes.contains) == true: return nil
      case .mailboxRenamed(let other): return other
      default: break
      }
    }
    return name
  }

  /// The names that a server has in the end.
  static func names(_ server: MatrixServer, _ mailboxes: some Collection<String>) -> Set<String> {
    let names = mailboxes.compactMap { name(server, $0, among: mailboxes) }
    guard of(server, "").contains(.parentMade) else { return Set(names) }
    return Set(names + names.compactMap(parent))
  }

  private static func parent(_ name: String) -> String? {
    name.lastIndex(of: "/").map { String(name[..<$0]) }
  }
}

/// The matrix's mail: small, and hard to keep.
enum MatrixMail {
  struct Message {
    let mailbox: String
    let fixture: FixtureMessage
    /// No other message of the account has this one.
    let date: Int
  }

  /// Names on the wire with their components joined by slashes; no server takes all of them.
  static let mailboxes = [
    "Work", "Work/2024", "Top/Sub", "Gr&APwA3w-e &- mehr", "v1.0", "R!S", "Empty",
  ]

  private static let inbox: Set = [
    "plain", "UTF-8", "no Message-ID", "same Message-ID, first", "same Message-ID, second",
    "twin, first", "twin, second", "empty body", "dots", "folded and repeated fields",
    "no header field at all", "8-bit header", "bare CR", "no final newline",
    "line without colon in the header", "header only, no blank line", "NUL",
  ]

  static let messages: [Message] = {
    let all = MailboxFixture.ordinary + MailboxFixture.unusual + [MailboxFixture.withNUL]
    var places = all.filter { inbox.contains($0.name) }.map { ("INBOX", $0) }
    for (index, name) in mailboxes.dropLast().enumerated() {
      places += all[index..<index + 2].filter { !$0.name.contains("attachment") }.map { (name, $0) }
    }
    return places.enumerated().map {
      Message(
        mailbox: $1.0, fixture: $1.1, date: 1_078_000_001 + $0 * 21_333_337)
    }
  }()

  /// The name of the fixture that has this date.
  static func name(_ date: Int) -> String {
    messages.first { $0.date == date }?.fixture.name ?? "a message of \(date)"
  }
}
