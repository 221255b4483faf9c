extension ManualText {
  static let events = [
    "With `--json` each line of the standard output is an object with a member `type`. Members "
      + "without a value are null. Mailboxes are written with `/` between their parts, and with "
      + "`%2F` and `%25` for a slash or percent sign within one. Sizes count octets. Later "
      + "versions may add types and members."
  ]

  static let eventTypes = [
    Entry(
      term: "start",
      text: "The run begins: `version`, `command`, `account` (null for `convert`), `from` "
        + "(for `convert` alone), `archive`, `dry_run`."),
    Entry(
      term: "plan",
      text:
        "What is to be transferred: `messages`, `bytes` (null if not known). The last one counts."),
    Entry(
      term: "planned",
      text: "A dry run would do this: `action` (`create-mailbox`, `subscribe`, `transfer`, "
        + "`update-flags`, `move`, `remove`, `fix-date`), `mailbox`, `destination`, `messages`, "
        + "`bytes`, `uid`, `file`, `detail` (in words)."),
    Entry(
      term: "progress",
      text: "At most once a second, for the whole run: `mailbox` (where something happened last), "
        + "`messages_done`, `messages_total`, `bytes_done`, `bytes_total`, `failed`."),
    Entry(
      term: "mailbox",
      text: "A mailbox is done: `mailbox`, `transferred`, `transferred_bytes`, `already_present`, "
        + "`flags_updated`, `moved`, `removed`, `dates_fixed`, `gone_at_source`, `gone_on_target`, `deleted_by_hand`, "
        + "`collapsed`, `unchanged`."),
    Entry(
      term: "message-failed",
      text: "A message could not be transferred: `mailbox`, `uid`, `file`, `reason`, `advice`."),
    Entry(
      term: "flags-not-kept",
      text: "The other side does not keep some flags or keywords: `mailbox`, `kind`, `text`."),
    Entry(
      term: "notice",
      text: "Anything else worth knowing: `mailbox`, `kind` (`no-room`, before anything is sent: "
        + "the target's quota or its limit for messages will not do), `text`."),
    Entry(
      term: "waiting",
      text: "The server wants a pause, or takes no further connection: `seconds`, `reason`."),
    Entry(
      term: "question",
      text: "A mailbox waits for a decision: `mailbox`, `text`, `options` (which answer it)."),
    Entry(
      term: "error",
      text:
        "A mailbox was given up, or if `mailbox` is null, the run: `scope`, `cause`, `summary`, "
        + "`advice`, `retryable`, `exit_status`, `mailbox`."),
    Entry(
      term: "summary",
      text: "The last one, once a run has begun: `command`, `dry_run`, `mailboxes`, the counts of "
        + "`mailbox` for all together, `messages_failed`, `mailboxes_failed`, `questions`, "
        + "`exit_status`."),
  ]

  static let listEvents = [
    "`mailarc list --json` prints these instead. Dates are those of UTC, as `2023-11-14T22:13:20Z`; "
      + "sizes are those of the content as it lies on disk, uncompressed."
  ]

  static let listEventTypes = [
    Entry(
      term: "mailbox-listed",
      text: "A mailbox: `mailbox`, `path`, `messages`, `unread`, `bytes`, `oldest`, `newest` (null "
        + "if it is empty), `explanation` (with `--explain`)."),
    Entry(
      term: "message-listed",
      text: "With `--messages`, before its mailbox: `mailbox`, `file`, `date` (the internal date), "
        + "`flags` (IMAP's names, keywords too), `from` (name or address), `subject`, `bytes`, `incomplete` (whether "
        + "damage may have cut off its end)."),
    Entry(
      term: "unreadable",
      text: "A file or a mailbox that can't be read: `mailbox`, `file`, `reason`."),
    Entry(
      term: "notice",
      text: "Something that looks as if it held mail and is not read: `mailbox`, `kind`, `text`."),
    Entry(
      term: "error", text: "Nothing could be listed; as above."),
    Entry(
      term: "summary",
      text:
        "The last one: `command`, `mailboxes`, `messages`, `unread`, `bytes`, `unreadable` (how "
        + "many), `exit_status`."),
  ]

  static let verifyEvents = ["`mailarc verify --json` prints these, beside `plan` and `progress`:"]

  static let verifyEventTypes = [
    Entry(
      term: "finding",
      text: "Something is not as it was recorded: `kind` (`edited`, `damaged`, `truncated`, "
        + "`changed`: edited or damaged, which can't be told; `unreadable`, `missing`, "
        + "`mailbox-unreadable`, `mailbox-missing`, `journal-damaged`, `state-damaged`), `mailbox`, "
        + "`uid`, `file`, `text`, `advice`."),
    Entry(
      term: "rebuilt", text: "With `--rebuild`, a file was made anew: `file`, `text`."),
    Entry(
      term: "notice", text: "Something worth knowing that is not wrong: `mailbox`, `kind`, `text`."),
    Entry(
      term: "summary",
      text: "The last one: `command`, `mailboxes`, `messages`, `bytes`, `intact`, `unrecorded`, "
        + "`findings`, a count of each kind of finding, `exit_status`; with `--rebuild` `command`, "
        + "`rebuilt`, `findings`, `exit_status`."),
  ]

  static let trashEvents = ["`mailarc trash --json` prints these:"]

  static let trashEventTypes = [
    Entry(
      term: "message-trashed",
      text: "`list`: a message in the trash: `removed` (when), `mailbox` (where it was), and the "
        + "other members of `message-listed`."),
    Entry(
      term: "restored",
      text: "`restore`: messages are back: `removed` (when they had been), `mailbox`, `messages`, "
        + "`bytes`."),
    Entry(
      term: "emptied",
      text: "`empty`: messages are removed for good; the same members."),
    Entry(
      term: "unreadable",
      text: "Something that can't be read, or not be dealt with: `mailbox`, `file`, `reason`."),
    Entry(
      term: "summary",
      text: "The last one: `command`, `action`, `messages`, `bytes`, `unreadable` (how many), "
        + "`exit_status`."),
  ]

  static let comparisonEvents = [
    "`mailarc verify --json` with an account prints these, beside `plan` and `progress`:"
  ]

  static let comparisonEventTypes = [
    Entry(
      term: "finding",
      text: "Something differs: `kind` (`missing`; `unfetched`: the archive lacks messages of its "
        + "source; `date`, `flags`; `altered`: by the server; `extra`, `unreadable`, "
        + "`mailbox-unreadable`, `mailbox-refused`), `mailbox` (of the archive; for `unfetched`, "
        + "`extra` and `mailbox-refused` of the server), `uids` (on the server, as `4,7:9`), `file`, "
        + "`text`, `advice`."),
    Entry(
      term: "notice", text: "Something worth knowing that is not wrong: `mailbox`, `kind`, `text`."),
    Entry(
      term: "summary",
      text: "The last one: `command`, `mailboxes`, `messages` (that were looked for), `on_server`, "
        + "`by_content`, `by_header`, a count of each kind of finding (of messages, for `extra` and "
        + "`unfetched`), `receipt` (the file that was written), `exit_status`."),
  ]

  static let selftestEvents = ["`mailarc selftest --json` prints these:"]

  static let selftestEventTypes = [
    Entry(
      term: "start",
      text: "The selftest begins: `version`, `command`, `account`, `archive` and `mailbox` (those "
        + "made for it), `seed`, `kills` (how many there are to be)."),
    Entry(
      term: "round",
      text:
        "A push was killed, run again, and compared: `round`, `kills` (how often it was killed, 0 "
        + "if it had ended before), `moments` (when, in words), `pause_milliseconds`, `milliseconds`, "
        + "`messages` (so far), `findings`."),
    Entry(
      term: "finding",
      text:
        "Something is not as it has to be: `kind` (`lost`, `doubled`, `different`: content, flags "
        + "or date; `unknown`: never sent), `message` (its number), `uid`, `text`."),
    Entry(
      term: "notice", text: "Something worth knowing: `mailbox`, `kind`, `text`, `advice`."),
    Entry(
      term: "summary",
      text:
        "The last one: `command`, `rounds`, `kills`, `messages`, `lost`, `doubled`, `different`, "
        + "`unknown`, `complaints` (pushes that could not do everything), `seed`, `mailbox` and "
        + "`archive` (null if they are removed), `exit_status`."),
  ]
}
