import Mail
import Pipeline

/// Writes the status of an archive for people.
enum StatusText {
  /// The whole status: the accounts, what was changed by hand, what a push would do, what is left to be
  /// done.
  static func render(_ status: ArchiveStatus, wantsMessages: Bool) -> [String] {
    var lines = accounts(status)
    let problems = status.problems.map { "  " + TerminalText.escape($0) }
    if !problems.isEmpty { lines += ["", "Can't be read:"] + problems }
    if status.problems.isEmpty { lines += [""] + changes(status, wantsMessages) }
    for target in status.targets { lines += [""] + plan(target) }
    lines += outstanding(status)
    return lines
  }

  // MARK: Accounts

  private static func accounts(_ status: ArchiveStatus) -> [String] {
    let holds =
      Quantity.count(status.messages, "message") + " in "
      + Quantity.count(status.mailboxes, "mailbox", plural: "mailboxes")
    var lines = [holds]
    if let source = status.source { lines.append("Pulled from " + line(source)) }
    return lines + status.targets.map { "Pushed to " + line($0.account) }
  }

  private static func line(_ account: KnownAccount) -> String {
    var words = TerminalText.escape(account.identity)
    if let time = account.lastRun {
      words += ", last " + Timestamp.minute(InternalDate(epochSeconds: time)) + " UTC"
    } else if !account.hasRun {
      words += ", never to the end"
    }
    if account.isInterrupted, account.hasRun { words += "; a later run broke off" }
    return words
  }

  // MARK: Changes by hand

  private static func changes(_ status: ArchiveStatus, _ wantsMessages: Bool) -> [String] {
    let since = status.source == nil ? "since it was converted" : "since the last pull"
    guard !status.changes.isEmpty else { return ["Nothing was changed by hand \(since)."] }
    var lines = ["Changed by hand \(since):"]
    for (mailbox, changes) in grouped(status.changes) {
      let name = TerminalText.escape(mailbox.description)
      let own = changes.filter(\.kind.isOfMailbox).map(words)
      let messages = changes.filter { !$0.kind.isOfMailbox }
      guard wantsMessages, !messages.isEmpty else {
        lines.append("  \(name): " + (own + counts(messages)).joined(separator: ", "))
        continue
      }
      lines.append("  \(name):" + (own.isEmpty ? "" : " " + own.joined(separator: ", ")))
      lines += messages.map { "    " + line($0) }
    }
    return lines
  }

  private static func grouped(
    _ changes: [HandChange]
  ) -> [(mailbox: MailboxName, changes: [HandChange])] {
    Dictionary(grouping: changes, by: \.mailbox).sorted { $0.key < $1.key }
      .map { ($0.key, $0.value.sorted()) }
  }

  private static func words(_ change: HandChange) -> String {
    switch change.kind {
    case .mailboxCreated: "new mailbox"
    case .mailboxRemoved: "mailbox removed"
    default: "was " + TerminalText.escape(change.from?.description ?? "")
    }
  }

  private static func counts(_ changes: [HandChange]) -> [String] {
    HandChange.Kind.allCases.compactMap { kind in
      let count = changes.count { $0.kind == kind }
      return count == 0 ? nil : Quantity.count(count) + " " + kind.words
    }
  }

  private static func line(_ change: HandChange) -> String {
    var line = TerminalText.pad(change.kind.rawValue, to: 8)
    if let path = change.path {
      line += TerminalText.escape(path)
    } else if let uid = change.uid {
      line += "UID \(uid)"
    } else {
      line += TerminalText.escape(change.name ?? "")
    }
    if change.kind == .flags { line += "  " + flags(change) }
    if let from = change.from { line += "  (from \(TerminalText.escape(from.description)))" }
    return line
  }

  private static func flags(_ change: HandChange) -> String {
    let names =
      change.flagsAdded.imapNames.map { "+" + $0 } + change.flagsRemoved.imapNames.map { "-" + $0 }
    return TerminalText.escape(names.joined(separator: " "))
  }

  // MARK: Targets

  private static func plan(_ target: TargetStatus) -> [String] {
    let name = TerminalText.escape(target.account.identity)
    guard !target.mailboxes.isEmpty else { return ["A push to \(name) would change nothing."] }
    let begin =
      target.isWork ? "A push to \(name) would:" : "A push to \(name) would change nothing:"
    return [begin]
      + target.mailboxes.map {
        "  \(TerminalText.escape($0.mailbox.description)): " + words($0).joined(separator: ", ")
      }
  }

  private static func words(_ plan: PlannedPush) -> [String] {
    var words: [String] = []
    if plan.isUnsettled { words.append("look for what was on its way when a run broke off") }
    if plan.isNew { words.append("make it") }
    if plan.toSend > 0 {
      words.append("append \(Quantity.count(plan.toSend)) (\(Quantity.bytes(plan.bytes)))")
    }
    if plan.moved > 0 { words.append("move \(Quantity.count(plan.moved)) to it") }
    if plan.flags > 0 { words.append("change the flags of \(Quantity.count(plan.flags))") }
    if plan.staying > 0 {
      words.append("leave \(Quantity.count(plan.staying)) there that the archive has no longer")
    }
    if plan.gone > 0 {
      words.append("not send \(Quantity.count(plan.gone)) that were deleted there")
    }
    if plan.refused > 0 {
      words.append("not send \(Quantity.count(plan.refused)) that the server refused")
    }
    return words
  }

  private static func outstanding(_ status: ArchiveStatus) -> [String] {
    var lines: [String] = []
    for account in [status.source].compactMap({ $0 }) + status.targets.map(\.account)
    where !account.outstanding.isEmpty {
      lines.append("")
      lines.append("Left to be done by the last run, \(TerminalText.escape(account.identity)):")
      for one in account.outstanding {
        let text = (one.mailbox.map { "\($0): " } ?? "") + one.text
        lines.append("  " + TerminalText.escape(text))
      }
    }
    return lines
  }
}

extension HandChange.Kind {
  /// Whether it is about the mailbox itself.
  var isOfMailbox: Bool {
    switch self {
    case .mailboxCreated, .mailboxRenamed, .mailboxRemoved: true
    default: false
    }
  }

  /// Behind a number of messages.
  fileprivate var words: String {
    switch self {
    case .moved: "moved here"
    case .copied: "copied here"
    case .flags: "with other flags"
    case .renamed: "under another name"
    default: rawValue
    }
  }
}
