import Mail
import Pipeline

/// Prints the status of an archive as JSON, one object a line; the manual has the members.
struct StatusEvents {
  let terminal: Terminal
  let wantsMessages: Bool

  /// Prints everything.
  func show(_ status: ArchiveStatus) {
    if let source = status.source { account("source", source) }
    for target in status.targets { account("target", target.account) }
    for problem in status.problems {
      emit(
        "unreadable", [("mailbox", .null), ("file", .null), ("reason", .string(problem))])
    }
    for change in status.changes where wantsMessages || change.kind.isOfMailbox {
      self.change(change)
    }
    if !wantsMessages { counts(status.changes) }
    for target in status.targets {
      for plan in target.mailboxes { self.plan(plan, target.account) }
    }
    emit(
      "summary",
      [
        ("command", .string("status")), ("mailboxes", .integer(status.mailboxes)),
        ("messages", .integer(status.messages)), ("changes", .integer(status.changes.count)),
        ("unreadable", .integer(status.problems.count)),
        ("exit_status", .integer(Int64(status.exitStatus.rawValue))),
      ])
  }

  private func account(_ role: String, _ account: KnownAccount) {
    let date = account.lastRun.map { Timestamp.full(InternalDate(epochSeconds: $0)) }
    emit(
      "account",
      [
        ("role", .string(role)), ("account", .string(account.identity)),
        ("last_run", .string(date)), ("interrupted", .bool(account.isInterrupted)),
      ])
    for one in account.outstanding {
      emit(
        "outstanding",
        [
          ("account", .string(account.identity)),
          ("mailbox", .string(one.mailbox?.description)), ("text", .string(one.text)),
        ])
    }
  }

  private func change(_ change: HandChange) {
    emit(
      "changed",
      [
        ("kind", .string(change.kind.rawValue)), ("mailbox", .string(change.mailbox.description)),
        ("from", .string(change.from?.description)),
        ("uid", change.uid.map { .integer(Int64($0.value)) } ?? .null),
        ("file", .string(change.path)),
        ("flags_added", .array(change.flagsAdded.imapNames.map { .string($0) })),
        ("flags_removed", .array(change.flagsRemoved.imapNames.map { .string($0) })),
      ])
  }

  private func counts(_ changes: [HandChange]) {
    let messages = changes.filter { !$0.kind.isOfMailbox }
    for (mailbox, changes) in Dictionary(grouping: messages, by: \.mailbox).sorted(by: {
      $0.key < $1.key
    }) {
      emit(
        "mailbox-changed",
        [("mailbox", .string(mailbox.description))]
          + HandChange.Kind.allCases.filter { !$0.isOfMailbox }.map { kind in
            (kind.rawValue, .integer(changes.count { $0.kind == kind }))
          })
    }
  }

  private func plan(_ plan: PlannedPush, _ account: KnownAccount) {
    emit(
      "push-planned",
      [
        ("account", .string(account.identity)), ("mailbox", .string(plan.mailbox.description)),
        ("new", .bool(plan.isNew)), ("append", .integer(plan.toSend)),
        ("bytes", .integer(plan.bytes)), ("move", .integer(plan.moved)),
        ("flags", .integer(plan.flags)), ("staying", .integer(plan.staying)),
        ("gone", .integer(plan.gone)), ("refused", .integer(plan.refused)),
        ("unsettled", .bool(plan.isUnsettled)),
      ])
  }

  private func emit(_ type: String, _ members: [(String, JSONValue)]) {
    terminal.printVerbatim(JSONValue.event(type, members).text)
  }
}
