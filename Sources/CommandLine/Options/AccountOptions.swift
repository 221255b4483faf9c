extension OptionTable {
  /// The commands that log in to an account.
  private static let accountTakers: [CommandName] = [.pull, .push, .verify, .probe, .selftest]
  /// The commands that may log in to two of them.
  private static let pairTakers: [CommandName] = [.probe]

  /// How to reach the account and prove who asks.
  static let accountOptions: [Option] =
    soleOptions + pairOptions(.source) + pairOptions(.target) + [connectionsOption]

  /// The same once more for one of two accounts, with its role before their names.
  private static func pairOptions(_ role: AccountRole) -> [Option] {
    soleOptions.map { option in
      Option(
        name: option.name.of(role), group: .account, commands: pairTakers, value: option.value,
        summary: "the same for \(role.operand) where there are two accounts",
        details:
          "As `\(option.spelling)`, for \(role.operand) of a command that is given two accounts.")
    }
  }

  private static let soleOptions: [Option] = [
    Option(
      name: .passwordFile, group: .account, commands: accountTakers, value: .file("FILE"),
      summary: "read the password from the first line of FILE",
      details: "Read the password from the first line of FILE, without its line end. FILE must be "
        + "a regular file that belongs to you or to root, and that nobody else can read: "
        + "`chmod 600 FILE`."),
    Option(
      name: .passwordCommand, group: .account, commands: accountTakers, value: .text("COMMAND"),
      summary: "take the password from what COMMAND prints",
      details: "Run COMMAND with `/bin/sh -c` and take the first line of its output as the "
        + "password. It may ask at the terminal itself, as password managers do."),
    Option(
      name: .tlsAuthority, group: .account, commands: accountTakers, value: .file("FILE"),
      summary: "trust the certificate authorities in FILE",
      details: "Trust the certificate authorities in FILE (PEM) instead of the system's. The "
        + "certificate must still be valid and made out for the server's name."),
    Option(
      name: .allowPlaintext, group: .account, commands: accountTakers, value: .none,
      summary: "go on without TLS where an imap:// or pop3:// server offers none",
      details: "With an `imap://` account whose server offers no STARTTLS, or a `pop3://` "
        + "account whose server offers no STLS: go on without encryption. Everybody on the way can then read the password and the mail. Without this "
        + "option such a server is refused."),
    Option(
      name: .timeout, group: .account, commands: accountTakers,
      value: .number("SECONDS", 1...3600),
      summary: "how long to wait for a silent server (30)",
      details:
        "How long making a connection may take, and how long a server may stay silent before "
        + "the connection counts as lost: 1 to 3600 seconds, 30 by default."),
    Option(
      name: .separator, group: .account, commands: accountTakers, value: .text("CHAR"),
      summary: "what parts the levels of mailbox names, if the server says it wrongly",
      details: "Take CHAR, such as `/` or `.`, for what parts the levels of the server's mailbox "
        + "names, whatever the server says; `none` where a name has one level only. Without this "
        + "option it is what the server says, and mostly that is right: `mailarc probe` shows what "
        + "comes of it."),
    Option(
      name: .namespace, group: .account, commands: accountTakers, value: .text("PREFIX"),
      summary: "what the names of the account's own mailboxes begin with",
      details: "Take PREFIX, such as `INBOX.`, for what the names of the account's own mailboxes "
        + "begin with on the server, whatever the server says, or `none` for nothing. Names in "
        + "the archive leave it out, and mailboxes are made below it. Without this option it is "
        + "what the server says with NAMESPACE, and nothing where it does not."),
    Option(
      name: .allNamespaces, group: .account, commands: [.pull, .verify, .probe], value: .none,
      summary: "take other users' and shared mailboxes too",
      details: "Take the mailboxes of other users and the shared ones that the account can see, "
        + "also those that the server lists only when it is asked for them, not only the account's "
        + "own. An archive that was pulled so is verified so too."),
  ]

  /// How many at a time.
  private static let connectionsOption = Option(
    name: .connections, group: .account, commands: [.pull, .push],
    value: .number("N", 1...16),
    summary: "use at most N connections at a time (4)",
    details: "How many connections to the server to use at most: 1 to 16, 4 by default. Fewer "
      + "are used if the server wants it so. Many servers allow 10 or so to an account, and the "
      + "people's own mail programs need some of them.")
}
