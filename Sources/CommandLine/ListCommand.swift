import Pipeline
import Platform
import Stores

/// `mailarc list PATH`.
enum ListCommand {
  /// Lists what is at the path.
  ///
  /// - Throws: what kept it from being read at all; the signal's failure if interrupted.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let invocation = context.invocation
    let source = try open(invocation.operands[0], dialect: invocation.text(.mboxDialect))
    let wantsMessages = invocation.has(.messages)
    let terminal = context.terminal
    let isJSON = invocation.has(.json)
    let display = ListDisplay(terminal: terminal, wantsMessages: wantsMessages)
    let events = ListEvents(terminal: terminal)
    let observer: any ListObserver = isJSON ? events : display
    let totals = try await Interrupted.told {
      try await WorkerThread.run(name: "mailarc-list", cancelling: context.interruption) {
        try ListMailboxes(
          source: source, wantsMessages: wantsMessages, explains: invocation.has(.explain),
          observer: observer, interruption: context.interruption
        ).run()
      }
    }
    if isJSON { events.finish(totals) } else { display.finish(totals) }
    return totals.exitStatus
  }

  private static func open(_ path: String, dialect: String?) throws -> any MailSource {
    do {
      return try MailSources.open(path: path, mboxDialect: dialect.flatMap(MboxDialect.init))
    } catch {
      throw Failure(error, scope: .run)
    }
  }
}
