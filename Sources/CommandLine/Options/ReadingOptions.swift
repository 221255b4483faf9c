extension OptionTable {
  /// What is read on disk, and how.
  static let readingOptions: [Option] = [
    Option(
      name: .messages, group: .reading, commands: [.list], value: .none,
      summary: "list each message",
      details: "List each message, not only the mailboxes. Of each, the header is read."),
    Option(
      name: .explain, group: .reading, commands: [.list], value: .none,
      summary: "say as what each mailbox is read, and why",
      details: "Say as what each mailbox is read, and what in it told so."),
    Option(
      name: .mboxDialect, group: .reading, commands: [.list],
      value: .choice("DIALECT", ["mboxo", "mboxrd", "mboxcl", "mboxcl2"]),
      summary: "read every mbox as this dialect",
      details:
        "Read every mbox as `mboxo`, `mboxrd`, `mboxcl` or `mboxcl2`. Without this option it "
        + "is told from each file itself; `--explain` shows what was found."),
    Option(
      name: .rebuild, group: .reading, commands: [.verify], value: .none,
      summary: "make lost or broken records anew",
      details: "Make lost or broken records anew from the archive's mail and from what can be read "
        + "of them, and say what was done. Messages are not compared."),
    Option(
      name: .account, group: .reading, commands: [.verify], value: .text("USER@HOST"),
      summary: "the source account, where --rebuild can't know it",
      details: "The account that the archive was pulled from, user and domain as in its URL. "
        + "`--rebuild` needs it where `.mailarc/archive` is lost, and checks it against the names "
        + "of the files."),
  ]
}
