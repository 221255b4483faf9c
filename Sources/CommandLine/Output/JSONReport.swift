import Mail
import Pipeline

/// The members of the JSON events that carry reports.
enum JSONReport {
  /// What happened in a mailbox.
  static func members(_ report: MailboxReport) -> [(String, JSONValue)] {
    [
      ("mailbox", .string(report.name.description)),
      ("transferred", .integer(report.transferred)),
      ("transferred_bytes", .integer(report.transferredBytes)),
      ("already_present", .integer(report.alreadyPresent)),
      ("flags_updated", .integer(report.flagsUpdated)),
      ("moved", .integer(report.moved)),
      ("removed", .integer(report.removed)),
      ("dates_fixed", .integer(report.datesFixed)),
      ("gone_at_source", .integer(report.goneAtSource)),
      ("gone_on_target", .integer(report.goneOnTarget)),
      ("deleted_by_hand", .integer(report.deletedByHand)),
      ("collapsed", .integer(report.collapsed)),
      ("unchanged", .bool(report.skipped)),
    ]
  }

  /// What went wrong.
  static func members(_ failure: Failure) -> [(String, JSONValue)] {
    [
      ("scope", .string(failure.scope.rawValue)), ("cause", .string(failure.cause.rawValue)),
      ("summary", .string(failure.summary)), ("advice", .string(failure.advice)),
      ("retryable", .bool(failure.retryable)),
      ("exit_status", .integer(Int64(failure.cause.exitStatus.rawValue))),
    ]
  }

  /// The whole run in numbers.
  static func members(_ report: RunReport) -> [(String, JSONValue)] {
    let totals = report.totals
    return [
      ("command", .string(report.direction.rawValue)), ("dry_run", .bool(report.dryRun)),
      ("mailboxes", .integer(report.mailboxes.count)),
      ("transferred", .integer(totals.transferred)),
      ("transferred_bytes", .integer(totals.transferredBytes)),
      ("already_present", .integer(totals.alreadyPresent)),
      ("flags_updated", .integer(totals.flagsUpdated)), ("moved", .integer(totals.moved)),
      ("removed", .integer(totals.removed)), ("dates_fixed", .integer(totals.datesFixed)),
      ("gone_at_source", .integer(totals.goneAtSource)),
      ("gone_on_target", .integer(totals.goneOnTarget)),
      ("deleted_by_hand", .integer(totals.deletedByHand)),
      ("collapsed", .integer(totals.collapsed)),
      ("messages_failed", .integer(report.failures.count)),
      ("mailboxes_failed", .integer(report.mailboxFailures.count)),
      ("questions", .integer(report.questions.count)),
      ("exit_status", .integer(Int64(report.exitStatus.rawValue))),
    ]
  }
}
