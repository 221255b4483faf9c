/// The parts of the manual that are not in the option table.
///
/// `Backticks` mark what is to be typed.
enum ManualText {
  /// A term and what it means.
  struct Entry {
    let term: String
    let text: String
  }

  static let description = [
    "mailarc copies the mail of an account into an archive, which is a directory of plain Maildirs "
      + "that other programs read, and from an archive into an account. Content is kept byte for "
      + "byte, with internal dates, flags, keywords and mailbox names. A run that was stopped, by "
      + "whatever, is simply started again: it goes on where it stopped, and nothing is lost or "
      + "comes twice.",
    "A pull never changes the source. A push never removes anything from the target without `--prune` or "
      + "`--fix-dates`, and then only what mailarc put there, or a copy with a wrong date of which "
      + "there is a right one. An archive may be edited by hand between the two: what was deleted, "
      + "moved, renamed or added there stays so.",
  ]

  static let options =
    "Options may stand anywhere, with their value in the next word or after `=`. They can't be "
    + "abbreviated. `--` ends them. If one is given twice, the last one counts."

  static let accounts = [
    "`imaps://user@host` uses TLS from the start, port 993. `imap://user@host` begins in the clear, "
      + "port 143, and goes over to TLS with STARTTLS before the password is sent. Another port "
      + "follows the host: `imaps://user@host:1993`. An IPv6 address stands in brackets.",
    "`pop3s://user@host` (TLS from the start, port 995) and `pop3://user@host` (STLS, port 110) name an "
      + "account that is reached over POP3, which `pull` and `probe` can use.",
    "The user stands before the last `@` and may be a whole e-mail address: "
      + "`imaps://anna@example.org@mail.example.org`. Percent-escapes are decoded; any other "
      + "character is taken as it is, `/` and `:` too. There is no place for a password in it: "
      + "what follows a `:` belongs to the user.",
    "The password comes from the first of: `--password-file`, `--password-command`, the variable "
      + "`MAILARC_PASSWORD`, a question at the terminal.",
    "Where a command is given two accounts, the options for each begin with `--source-` and `--target-`, "
      + "as in `--source-password-file`, and the variables are `MAILARC_SOURCE_PASSWORD` and "
      + "`MAILARC_TARGET_PASSWORD`.",
  ]

  static let exitStatuses = [
    Entry(term: "0", text: "Everything is done, and nothing differs."),
    Entry(
      term: "1",
      text: "Finished, but some messages could not be transferred or read, something is not as it "
        + "was recorded, a selftest or a probe found something, or a question is open; all of it is "
        + "listed."),
    Entry(term: "64", text: "The command line is wrong, or there is no password."),
    Entry(
      term: "65",
      text: "The directory is no archive or holds no mail, belongs to another account, or was "
        + "written by a newer version."),
    Entry(term: "69", text: "The server can't be found or reached."),
    Entry(term: "74", text: "Reading or writing files failed, or the disk is full."),
    Entry(
      term: "75",
      text: "Try again later: another run holds the archive, the server is busy or full, or the "
        + "connection broke."),
    Entry(term: "76", text: "The server breaks the protocol."),
    Entry(term: "77", text: "The server refused the user or the password."),
    Entry(
      term: "78",
      text: "TLS was refused: the certificate, the version, or there is none and no "
        + "`--allow-plaintext`."),
    Entry(term: "130", text: "Stopped by SIGINT, cleanly."),
    Entry(term: "143", text: "Stopped by SIGTERM, cleanly."),
  ]

  static let environment = [
    Entry(
      term: "MAILARC_PASSWORD",
      text: "The password, if neither `--password-file` nor `--password-command` is given. Other "
        + "programs of the same user can see it."),
    Entry(
      term: "MAILARC_SOURCE_PASSWORD, MAILARC_TARGET_PASSWORD",
      text: "The same for each of two accounts."),
    Entry(term: "NO_COLOR", text: "If set and not empty: no emphasis on the terminal."),
    Entry(term: "TERM", text: "If `dumb`: no line that is redrawn, and no emphasis."),
  ]

  static let files = [
    Entry(
      term: "ARCHIVE/*/cur",
      text: "The messages of a mailbox, one a file; its parts are nested directories."),
    Entry(
      term: "ARCHIVE/.mailarc",
      text: "What mailarc remembers about the archive. Without it the next run takes longer, and "
        + "may bring back what was deleted by hand; no mail is lost but what `pull --prune` put into "
        + "its `trash`."),
  ]

  static let examples = [
    Entry(
      term: "mailarc pull imaps://anna@mail.example.org ~/mail",
      text: "Fetch an account into an archive; the password is asked for:"),
    Entry(
      term: "mailarc pull --password-command 'pass show mail' --dry-run "
        + "imaps://anna@mail.example.org ~/mail",
      text: "See what has changed since, without touching anything:"),
    Entry(
      term: "mailarc push --password-file ~/.new-password ~/mail "
        + "imaps://anna@example.org@imap.example.net",
      text: "Bring the archive into an account at another provider:"),
    Entry(
      term: "mailarc pull --prune imaps://anna@mail.example.org ~/mail",
      text: "The same, and put into the archive's trash what is gone at the source:"),
    Entry(
      term: "mailarc list --messages ~/mail | less",
      text: "Look into an archive, or into what another mail program left:"),
    Entry(
      term: "mailarc verify ~/mail",
      text: "See whether every message is as it came:"),
    Entry(
      term: "mailarc verify ~/mail imaps://anna@imap.example.net --receipt ~/mail.receipt",
      text: "See whether every message is in the account, and keep a line about each:"),
    Entry(
      term: "mailarc verify --against ~/mail.receipt imaps://anna@imap.example.net",
      text: "See a year later whether they still are, without the archive:"),
    Entry(
      term: "mailarc probe imaps://anna@mail.example.org imaps://anna@imap.example.net",
      text: "See before a move what is there, how big, and what would go wrong:"),
    Entry(
      term: "mailarc selftest imaps://anna@imap.example.net",
      text: "See that killed pushes lose and double nothing on a server, before it is trusted:"),
    Entry(
      term: "mailarc pull --json ... | jq 'select(.type == \"message-failed\")'",
      text: "Let a program see what could not be fetched:"),
    Entry(
      term: "mailarc help --completions bash > ~/.local/share/bash-completion/completions/mailarc",
      text: "Install the completions for bash:"),
  ]
}
