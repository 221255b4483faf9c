import Pipeline

extension ManualText {
  static let probeEvents = ["`mailarc probe --json` prints these:"]

  static let probeEventTypes = [
    Entry(
      term: "account-probed",
      text: "How an account is reached and what its server can do: `role` (`account`; `source` or "
        + "`target` where there are two), `account`, `service` (`imap`, `pop3`), `host`, `port`, "
        + "`address`, `tls` (null, or `version`, `cipher`, `subject`, `issuer`, `names`, "
        + "`valid_until`), `login` (the command), `mechanisms`, `mailboxes` (how many), `messages`, "
        + "`bytes`; over IMAP `server`, `capabilities`, `separator`, `prefix`, `append_limit`, `quotas` "
        + "(null if not told; `root`, `bytes_used`, `bytes_limit`, `messages_used`, "
        + "`messages_limit`); over POP3 `uidl`, `top`, `pipelining`, `imap_port` (where the same host "
        + "answers)."),
    Entry(
      term: "mailbox-probed",
      text: "A mailbox over IMAP: `role`, `mailbox`, `special_use`, `selectable`, `messages`, "
        + "`unread`, `bytes`, `keywords`, `keeps_keywords` (`any`, a list of those that it keeps, or "
        + "null if not told)."),
    Entry(
      term: "finding",
      text: "Something to know beforehand: `role` (`pair` for the two together), `kind`, `warning` "
        + "(whether something would go wrong), `mailbox`, `text`, `advice`. The kinds are "
        + kinds + "."),
    Entry(
      term: "summary",
      text: "The last one: `command`, `accounts`, `warnings`, `notes` (how many), `exit_status`."),
  ]

  private static let kinds = ProbeFinding.Kind.allCases.map { "`\($0.rawValue)`" }
    .joined(separator: ", ")
}
