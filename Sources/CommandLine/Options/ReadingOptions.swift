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
      name: .mboxDialect, group: .reading, commands: [.push, .convert, .list],
      value: .choice("DIALECT", MboxDialect.allCases.map(\.rawValue)),
      summary: "read every foreign mbox as this dialect",
      details:
        "Read every mbox that mailarc did not write in this dialect: `mboxo` (lines `>From ` "
        + "stay as they are), `mboxrd` (one `>` is taken off), `mboxcl` and `mboxcl2` (the field "
        + "Content-Length says where a message ends). Without this option the evidence in each file "
        + "decides; `mailarc list --explain` shows it."),
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
