import Stores

extension OptionTable {
  /// What is read on disk, and how.
  static let readingOptions: [Option] = [
    Option(
      name: .messages, group: .reading, commands: [.list], value: .none,
      summary: "list each message",
      details: "List each message, not only the mailboxes. Of each, the header is read."),
    Option(
      name: .messages, group: .reading, commands: [.status], value: .none,
      summary: "show each message that was changed",
      details: "Show a line for each message that was changed, not only how many they are."),
    Option(
      name: .full, group: .reading, commands: [.status], value: .none,
      summary: "read all messages and compare their content",
      details: "Read all messages and compare their content with what came: an edit that leaves a "
        + "file as long as it was is seen only so."),
    Option(
      name: .explain, group: .reading, commands: [.list], value: .none,
      summary: "say as what each mailbox is read, and why",
      details: "Say as what each mailbox is read, and what in it told so."),
    Option(
      name: .mboxDialect, group: .reading, commands: [.push, .convert, .list, .verify],
      value: .choice("DIALECT", MboxDialect.allCases.map(\.rawValue)),
      summary: "read every foreign mbox as this dialect",
      details:
        "Read every mbox that mailarc did not write in this dialect: `mboxo` (lines `>From ` "
        + "stay as they are), `mboxrd` (one `>` is taken off), `mboxcl` and `mboxcl2` (the field "
        + "Content-Length says where a message ends). Without this option the evidence in each file "
        + "decides; `mailarc list --explain` shows it."),
    Option(
      name: .full, group: .reading, commands: [.verify], value: .none,
      summary: "download every message of the account, read every file",
      details: "With an account: download every message, and read every file of the archive. "
        + "Without this option a message counts as present if its header fields (Message-ID, Date, "
        + "From, Subject) and its size are those of one message on the server and of no other on "
        + "either side, and if it was pulled and, as far as its size tells, not edited since; the "
        + "digest of such a file is the recorded one. All others are downloaded."),
    Option(
      name: .withDeleted, group: .reading, commands: [.verify], value: .none,
      summary: "compare the \\Deleted flag as well",
      details: "With an account: compare the flag `\\Deleted` as well, as after a push with this "
        + "option. With `--against` the receipt says whether it is compared."),
    Option(
      name: .receipt, group: .reading, commands: [.verify], value: .file("FILE"),
      summary: "write what was found of each message into FILE",
      details: "With an account: write into FILE a line for each message of the archive, with its "
        + "mailbox, verdict, UID, digest, size, date and flags. FILE appears when all is compared, or "
        + "not at all; nobody else may read it. If it is there, it must be a receipt, and is "
        + "replaced. It can't be inside the archive. `formats/receipt.md` describes it."),
    Option(
      name: .against, group: .reading, commands: [.verify], value: .file("FILE"),
      summary: "compare the account with the receipt FILE, without an archive",
      details: "Compare the account with the receipt FILE, which is in the archive's place. The "
        + "account must be the one that the receipt was written for."),
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
    Option(
      name: .mailbox, group: .reading, commands: [.trash], value: .text("NAME"),
      summary: "restore only what was in this mailbox",
      details: "With `restore`: bring back only what was in this mailbox, named as `trash list` "
        + "shows it."),
    Option(
      name: .olderThan, group: .reading, commands: [.trash], value: .number("DAYS", 0...36_500),
      summary: "empty only what was put there so many days ago",
      details: "With `empty`: remove only what was put into the trash more than so many days "
        + "ago."),
  ]
}
