import Mail
import Pipeline
import Platform

/// `mailarc trash list|restore|empty ARCHIVE`.
enum TrashCommand {
  /// What is done with the trash: the first operand.
  enum Action: String, CaseIterable {
    case list
    case restore
    case empty
  }

  /// Does it, and shows what came of it.
  ///
  /// - Throws: what kept it from being done; the signal's failure if interrupted.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let invocation = context.invocation
    guard let action = Action(rawValue: invocation.operands[0]) else { return .usage }
    for (option, owner) in [(OptionName.mailbox, Action.restore), (.olderThan, .empty)]
    where invocation.has(option) && action != owner {
      throw Failure.usage("--\(option.rawValue) belongs to trash \(owner.rawValue)")
    }
    let path = invocation.operands[1]
    let output = TrashOutput(
      terminal: context.terminal, action: action, isJSON: invocation.has(.json))
    let mailbox = try mailbox(invocation)
    let before = invocation.number(.olderThan).map {
      InternalDate(epochSeconds: WallClock.now - Int64($0) * 86400)
    }
    let interruption = context.interruption
    return try await Interrupted.told {
      try await WorkerThread.run(name: "mailarc-trash", cancelling: interruption) {
        switch action {
        case .list:
          return output.finish(
            try ListTrash(
              path: path, observer: { output.observer(removed: $0) }, interruption: interruption
            ).run())
        case .restore:
          return output.finish(
            try RestoreTrash(path: path, mailbox: mailbox, interruption: interruption).run())
        case .empty:
          return output.finish(
            try EmptyTrash(path: path, before: before, interruption: interruption).run())
        }
      }
    }
  }

  private static func mailbox(_ invocation: Invocation) throws(Failure) -> MailboxName? {
    guard let text = invocation.text(.mailbox) else { return nil }
    guard let name = MailboxName(stateForm: text) else {
      throw .usage("\"\(text)\" is no name of a mailbox")
    }
    return name
  }
}
