extension ManualText {
  static let statusEvents = [
    "`mailarc status --json` prints these:"
  ]

  static let statusEventTypes = [
    Entry(
      term: "account",
      text: "An account that the archive knows: `role` (`source`, `target`), `account`, `last_run` "
        + "(when the last run that came to its end did so), `interrupted` (whether a later one broke "
        + "off)."),
    Entry(
      term: "outstanding",
      text: "Something that the last run left to be done: `account`, `mailbox`, `text`."),
    Entry(
      term: "changed",
      text:
        "A change by hand: `kind` (`mailbox-created`, `mailbox-renamed`, `mailbox-removed`; with "
        + "`--messages` also `added`, `deleted`, `moved`, `copied`, `edited`, `flags`, `renamed`), "
        + "`mailbox`, `from`, `uid` (at the source, of what was deleted), `file`, `flags_added`, "
        + "`flags_removed`."),
    Entry(
      term: "mailbox-changed",
      text:
        "Without `--messages`, how many messages of a mailbox: `mailbox`, and a count of each of "
        + "these kinds."),
    Entry(
      term: "push-planned",
      text: "What a push would do in a mailbox of a target: `account`, `mailbox`, `new`, `append`, "
        + "`bytes`, `move`, `flags`, `staying`, `gone`, `refused`, `unsettled`."),
    Entry(
      term: "unreadable",
      text: "A part of the archive that can't be read: `mailbox`, `file`, `reason`."),
    Entry(
      term: "summary",
      text: "The last one: `command`, `mailboxes`, `messages`, `changes`, `unreadable`, "
        + "`exit_status`."),
  ]
}
