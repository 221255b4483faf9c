import Stores

extension OptionTable {
  /// What is transferred, and what is done about what was deleted.
  static let transferOptions: [Option] = [
    Option(
      name: .dryRun, group: .transfer, commands: [.pull, .push, .convert], value: .none,
      summary: "show what would be done, change nothing",
      details: "Show what would be done and change nothing: neither mail nor the archive's own "
        + "records. Accounts are logged in to and looked at as in a real run; mailboxes of the "
        + "target are opened for reading only."),
    Option(
      name: .layout, group: .transfer, commands: [.pull, .convert],
      value: .choice("LAYOUT", ArchiveIdentity.Layout.allCases.map(\.rawValue)),
      summary: "how a new archive stores mail: "
        + ArchiveIdentity.Layout.allCases.map(\.rawValue).joined(separator: ", "),
      details: "How a new archive stores mail. `maildir`, a pull's default, has one directory with "
        + "`cur`, `new` and `tmp` for each mailbox, nested as the mailboxes are. `maildir++` has "
        + "INBOX in the archive's own directory and the others beside each other in directories "
        + "that begin with a dot, as Dovecot and Courier keep them. `mbox` has one file for each "
        + "mailbox, and `mbox.gz` the same compressed. An archive keeps the layout that it began "
        + "with; `mailarc convert` makes another one of it."),
    Option(
      name: .state, group: .transfer, commands: [.push, .verify], value: .file("DIR"),
      summary: "where to remember what was pushed of mail that is in no archive",
      details:
        "Where to remember what was pushed if what is pushed is no archive of mailarc: beside "
        + "other programs' mail nothing is written. Without this option it is "
        + "`$XDG_STATE_HOME/mailarc`, or `~/.local/state/mailarc`. If it is lost, the next push "
        + "compares by content again. A comparison with an account only reads there, why a message "
        + "is missing."),
    Option(
      name: .acceptDeletions, group: .transfer, commands: [.pull, .convert], value: .none,
      summary: "believe that what is missing in the archive was deleted by hand",
      details: "When more than 20 messages and more than a tenth of a mailbox have disappeared "
        + "from the archive at once, or any from a directory that is not the one of the last run (a "
        + "restored backup, another disk), a pull or a conversion into it leaves the mailbox alone "
        + "and asks. This option answers: they were deleted by hand; don't bring them back. A pull looks "
        + "into every mailbox then, unchanged ones too. Not together with `--refetch-deleted`, which "
        + "gives the other answer."),
    Option(
      name: .refetchDeleted, group: .transfer, commands: [.pull, .convert], value: .none,
      summary: "fetch or convert again what is missing in the archive",
      details:
        "Bring back every message that was fetched or converted before, is no longer in the "
        + "archive, and is still at the source, in all mailboxes."),
    Option(
      name: .prune, group: .transfer, commands: [.pull], value: .none,
      summary: "put what the source has no longer into the archive's trash",
      details:
        "Put what the source has no longer, and was not moved there, into the archive's trash, "
        + "once all else is done, also what was gone before; `--dry-run` shows what that is, and "
        + "`mailarc trash` lists it and brings it back. What was edited, moved or flagged by hand "
        + "in the archive stays, and so does what mailarc did not fetch. If a mailbox or a message of the "
        + "source can't be had, nothing is put there."),
    Option(
      name: .pruneLimit, group: .transfer, commands: [.pull], value: .number("PERCENT", 1...100),
      summary: "how much of a mailbox --prune may take without asking (10)",
      details: "How much of a mailbox of the archive `--prune` may put into the trash at once, in "
        + "percent. Without this option it is a tenth, not rounded up. Beyond that "
        + "nothing of the mailbox is taken, and the report says which limit would do."),
    Option(
      name: .acceptDeletions, group: .transfer, commands: [.push], value: .none,
      summary: "believe that what is missing on the target was deleted there",
      details: "When more than half of 20 or more messages have disappeared from a mailbox of the "
        + "target at once, a push leaves the mailbox alone and asks. This option answers: they "
        + "were deleted on purpose; don't send them again. Not together with `--resend-deleted`, "
        + "which gives the other answer."),
    Option(
      name: .resendDeleted, group: .transfer, commands: [.push], value: .none,
      summary: "send again what was deleted on the target",
      details: "Send again every message of the archive that the target had and has no longer, in "
        + "all mailboxes."),
    Option(
      name: .withDeleted, group: .transfer, commands: [.push], value: .none,
      summary: "push the \\Deleted flag as well",
      details: "Push the flag `\\Deleted` as well. Without this option messages that are marked as "
        + "deleted arrive without the mark, because servers may remove marked messages at any "
        + "time."),
    Option(
      name: .retryRefused, group: .transfer, commands: [.push], value: .none,
      summary: "try again what the target refused in an earlier run",
      details: "Try again the messages that the target refused in an earlier run. Without this "
        + "option they are listed in the report, but not sent each time."),
    Option(
      name: .mend, group: .transfer, commands: [.push], value: .none,
      summary: "send mended copies of what the target refuses",
      details: "Of a message that the target refuses, now or in an earlier run, send a copy in "
        + "which as little as possible is changed: a line of the header that is no field becomes one, "
        + "NUL becomes 0x80, an empty message gets a field that says so, a date that lies in the "
        + "future or before 1970 is left out. The archive keeps the message as it is, the report "
        + "says what was changed, and the message counts as pushed from then on, also for runs "
        + "without this option. A message that the target takes as it is is never changed. "
        + "Together with `--retry-refused` what was refused in an earlier run is first sent as it "
        + "is."),
    Option(
      name: .full, group: .transfer, commands: [.push], value: .none,
      summary: "read every message file, also in mailboxes that look unchanged",
      details: "Read every file of the archive, also in mailboxes that look unchanged. It finds "
        + "files whose content was edited in place, which leaves no trace in a Maildir's "
        + "directories. An edited message is another message: it is sent, and the old one stays "
        + "on the target, unless `--prune` is given."),
    Option(
      name: .prune, group: .transfer, commands: [.push], value: .none,
      summary: "remove from the target what was pushed and is no longer in the archive",
      details:
        "Remove from the target what mailarc put there and what is no longer in the archive, "
        + "once all else is done; `--dry-run` shows what that is. Somebody else's mail stays, also "
        + "if it equals a message of the archive, and so does everything in a mailbox that was made "
        + "anew on the target since. An old copy of a message that was moved or edited goes only "
        + "if the new one is there. If a part of the archive can't be read, nothing is removed. "
        + "Messages are removed one by one with UID EXPUNGE; where the server has none, they are "
        + "marked as deleted, and a mail program has to expunge them."),
    Option(
      name: .pruneLimit, group: .transfer, commands: [.push], value: .number("PERCENT", 1...100),
      summary: "how much of a mailbox --prune may remove without asking (10)",
      details: "How much of what mailarc put into a mailbox `--prune` may remove at once, in "
        + "percent. Without this option it is a tenth, not rounded up. Beyond that "
        + "nothing of the mailbox is removed, and the report says which limit would do."),
    Option(
      name: .fixDates, group: .transfer, commands: [.push], value: .none,
      summary: "replace messages on the target that have another internal date",
      details: "Find messages of the archive that have another internal date on the target, as "
        + "other programs leave them, and replace them, whoever put them there; `--dry-run` shows "
        + "them with both dates. The new copy is appended with the archive's date, and with the "
        + "flags and keywords that the old one has on the target; only when it is there with its "
        + "date the old one is removed. What other programs put there is read as a whole before. "
        + "Replaced messages have new UIDs and stand behind all others: mail programs that sort by "
        + "arrival show them last. The archive's dates should be right: those of files that mailarc "
        + "did not write are the files' own, which a plain `cp` loses. The server has to have "
        + "UIDPLUS."),
  ]
}
