/// The one table from which parsing, help texts, the manual and shell completions come.
enum OptionTable {
  /// All commands, in the order in which help texts list them.
  static let commands: [Command] = [
    Command(
      name: .pull, operands: ["SOURCE", "ARCHIVE"],
      summary: "Copy an account's mail into an archive; never changes the source",
      details: [
        "Copies every message of the account SOURCE, with its flags, keywords and internal date, "
          + "into the directory ARCHIVE, which is created if it is not there. The source is opened "
          + "for reading only.",
        "A second run fetches only what is new and brings over flags that changed. What was "
          + "deleted, moved or renamed by hand in the archive stays so. What was moved at the "
          + "source is moved in the archive, what is gone there is kept, unless `--prune` is given. An "
          + "archive belongs to one account: to pull another one into it is refused.",
      ]),
    Command(
      name: .push, operands: ["ARCHIVE", "TARGET"], optionalOperands: 1,
      summary: "Copy from an archive into an account what it lacks",
      details: [
        "Appends every message of the directory ARCHIVE that the account TARGET does not have yet. "
          + "What is there already, whoever put it there, is recognised by its content. Mailboxes "
          + "are created and subscribed; one with a special use, such as `\\Sent`, goes into the "
          + "target's own of that use. Without TARGET it is the account that the archive was pushed "
          + "to before, if that is only one.",
        "A second run appends nothing, unless the archive has changed. What was moved in the "
          + "archive after it was pushed, by hand or because the source moved it, is moved on the "
          + "target, if the server has MOVE and mailarc put it there; flags that changed in the archive are changed there too. Nothing "
          + "is ever removed from the target without `--prune` or `--fix-dates`, and what was deleted "
          + "there is not sent again.",
      ]),
    Command(
      name: .convert, operands: ["FROM", "TO"],
      summary: "Make an archive from mail on disk, in any layout",
      details: [
        "Copies the mail of FROM into the archive TO, which is created if it is not there, with "
          + "content, flags, keywords, internal dates, mailbox names and order. FROM is not "
          + "changed. TO is a new directory, or an archive that was converted from the same FROM: "
          + "then only what is missing is copied, and flags that changed in FROM are brought over. "
          + "What was deleted or changed by hand in TO stays so.",
        "FROM is whatever `mailarc list` reads: an archive, or mail that other programs left.",
        "If FROM is an archive, TO is one of the same account and knows what was fetched and pushed: "
          + "a pull into it fetches nothing again. While another run writes to FROM it can't be "
          + "converted. A conversion that was stopped is simply started again; until one has come to "
          + "its end, TO can't be pulled into or pushed.",
      ]),
    Command(
      name: .list, operands: ["PATH"],
      summary: "Show what is in an archive, or in mail that another program left",
      details: [
        "Shows for each mailbox of PATH how many messages it holds and how many of them are unread, "
          + "their size, and the first and the last day on which one came in. PATH is an archive, "
          + "or anything else that mail is read from: a Maildir, a tree of mbox files as Thunderbird "
          + "has it, an MH directory, a directory of `.eml` files, one such file, an mbox file; also "
          + "compressed by gzip. Nothing is changed.",
        "With `--messages` each message has a line: when it came in, its flags (`D` draft, "
          + "`F` flagged, `R` answered, `S` seen, `T` deleted), who it is from, its subject and its "
          + "size. On a terminal what is too wide is cut. Days and times are those of UTC.",
        "What can't be read is named on standard error; the rest is listed, and the exit status is 1.",
      ]),
    Command(
      name: .status, operands: ["ARCHIVE"],
      summary: "Show what was changed by hand, and what a push would do",
      details: [
        "Shows for each mailbox of the directory ARCHIVE what was changed by hand since the last "
          + "pull: messages that were added, deleted, moved, copied, edited, flagged otherwise or "
          + "renamed, and mailboxes that were made, renamed or removed. Then, for each account that "
          + "the archive was pushed to, what a push would do there, as far as that can be told from "
          + "the archive and its records; what changed on the target meanwhile only the push sees. "
          + "Also when the last pull and the last push ended, and what they left to be done. No "
          + "server is asked, nothing is changed.",
        "A message counts as edited if its size is another one than its name says; with `--full` all "
          + "content is read and compared. It is shown as long as it differs from what came.",
        "The exit status is 1 if there is anything to tell.",
      ]),
    Command(
      name: .verify, operands: ["ARCHIVE", "ACCOUNT"], optionalOperands: 1,
      alternative: (.against, ["ACCOUNT"]),
      summary: "Check that every message of an archive is as it came, or is in an account",
      details: [
        "Reads every message of the directory ARCHIVE and compares it with the digest that was "
          + "recorded when it came. Named are messages that were edited since, damaged or cut "
          + "off, that can't be read, and that are missing although nobody deleted them as far as "
          + "mailarc knows; also mailboxes that can't be read, and records that are damaged or "
          + "don't fit what is there. Messages that were put there by hand have no record: they "
          + "are counted. Nothing is changed.",
        "With `--rebuild`, instead, lost or broken records are made anew from the archive itself, "
          + "without a server. What can be read of a broken file is kept, deletions by hand among "
          + "it; the file itself stays beside the new one as `NAME.broken-1`. Mail is not touched.",
        "With ACCOUNT, instead, that account is compared with the archive, message by message: it is "
          + "a target that was pushed to, or the archive's own source. ARCHIVE may then be mail of "
          + "other programs as well. Named are messages that the account lacks, and why if that is "
          + "known; internal dates, flags and keywords that differ; messages that the server altered "
          + "as servers are known to do; and messages of the account that the archive lacks. Content "
          + "is compared by header fields and size where that is sure, else downloaded; with `--full` "
          + "all is. Local files are read only as far as a push reads them: whether they are as they "
          + "came is what `mailarc verify ARCHIVE` checks. Nothing is changed on either side; "
          + "mailboxes are opened with EXAMINE. A `pop3://` account can only be the archive's own "
          + "source; then all that is in its INBOX is downloaded, and contents alone are compared.",
        "The exit status is 1 if a message is missing, or has another date or other flags. On a "
          + "target it is not 1 for what others put there, nor for what the server altered; on the "
          + "source it is for messages that the archive lacks and that nobody deleted there.",
      ]),
    Command(
      name: .trash, operands: ["list|restore|empty", "ARCHIVE"],
      summary: "Show, bring back or remove what `pull --prune` took out of an archive",
      details: [
        "`mailarc trash list ARCHIVE` shows a line for each message that `pull --prune` took out of the "
          + "directory ARCHIVE: when it did, the mailbox, and what `mailarc list --messages` shows. "
          + "Nothing is changed.",
        "`mailarc trash restore ARCHIVE` brings all of it back into the mailboxes that it was in, or with "
          + "`--mailbox` what was in one of them, with flags, keywords and dates. No file is replaced. "
          + "A later `pull --prune` leaves it there.",
        "`mailarc trash empty ARCHIVE` removes all of it for good, or with `--older-than` what was taken "
          + "out long enough ago.",
      ]),
    Command(
      name: .probe, operands: ["ACCOUNT", "TARGET"], optionalOperands: 1,
      summary: "Show how an account is reached, what it holds, and what would go wrong",
      details: [
        "Logs in to ACCOUNT, with one try, and shows the server's address, TLS version and certificate; "
          + "how it lets people log in and which extensions that matter here it has; its mailboxes with "
          + "the number and size of their messages; its quota. Then what would go wrong if it were "
          + "pulled or pushed to, and what would go slower. Over POP3 it shows how many messages there "
          + "are, what the server can do, and whether the same host answers where IMAP is.",
        "With TARGET the two accounts are compared as well: ACCOUNT as the source, TARGET, over IMAP, as "
          + "where its mail is to go. Named are mailboxes whose names the target can't hold, that would "
          + "get another name there or run into each other; messages that are larger than the target "
          + "takes; mail for which its quota has no room; keywords that it does not keep. Most servers "
          + "say which keywords a mailbox keeps only when it is opened for writing, which a probe never "
          + "does. The options for each account then begin with `--source-` and `--target-`.",
        "Nothing is changed: mailboxes are opened with EXAMINE, no message is fetched, no file is written. "
          + "The exit status is 1 if something would go wrong, and 0 if there is nothing but notes.",
      ]),
    Command(
      name: .selftest, operands: ["ACCOUNT"],
      summary: "Kill pushes into a scratch mailbox, and see that nothing is lost or doubled",
      details: [
        "Proves on the server of ACCOUNT that a push that is killed loses and doubles nothing. It "
          + "makes up messages in an archive for temporary files, pushes them into a new mailbox "
          + "`mailarc-selftest-...`, kills the push at some moment, runs it again, downloads what is "
          + "there then, and compares content, flags, keywords and internal dates. Of your own "
          + "mailboxes none is opened.",
        "It does that until a push was killed 20 times, or as often as `--kills` says. A push that "
          + "was killed while messages were on their way waits at least 10 seconds before it goes "
          + "on: 20 kills take two minutes or more. Mailbox and archive are removed at the end, also "
          + "if it is stopped by a signal. If something is found, it stops there, and keeps and "
          + "names both. What a selftest left that was itself killed is named by the next one.",
      ]),
    Command(
      name: .help, operands: ["COMMAND"], optionalOperands: 1,
      summary: "Show help, the manual page or shell completions",
      details: [
        "Without an operand the same as `mailarc --help`; with one, that command's help."
      ]),
  ]

  /// All options, in the order in which help texts list them.
  ///
  /// Where commands take an option of the same name but another meaning, it has several rows; all
  /// of them take the same kind of value.
  static let options: [Option] =
    accountOptions + transferOptions + readingOptions + selftestOptions + outputOptions

  /// The command of that name.
  static func command(_ name: CommandName) -> Command? {
    commands.first { $0.name == name }
  }

  /// The options that a command takes, with those that any command takes.
  static func options(of command: CommandName) -> [Option] {
    options.filter { $0.commands.contains(command) || $0.commands.isEmpty }
  }
}
