package import Mail
package import Platform

import Stores

/// Lists what is in an archive's trash, earliest removal first.
package struct ListTrash {
  let path: String
  let observer: @Sendable (InternalDate) -> any ListObserver
  let interruption: Interruption

  /// Prepares a list.
  ///
  /// - Parameters:
  ///   - path: the archive.
  ///   - observer: what shows the messages that were removed at a time.
  ///   - interruption: ends it early.
  package init(
    path: String, observer: @escaping @Sendable (InternalDate) -> any ListObserver,
    interruption: Interruption
  ) {
    self.path = path
    self.observer = observer
    self.interruption = interruption
  }

  /// Lists everything that can be read; nothing is changed, and nobody kept from writing.
  ///
  /// - Returns: what it adds up to.
  /// - Throws: `Failure` where it is no archive, the trash can't be read, or it was interrupted.
  package func run() throws -> ListTotals {
    let runs: [TrashedRun]
    do {
      runs = try Trash(of: try Archive.open(path: path, for: .reading)).runs()
    } catch {
      throw Failure(error, scope: .run)
    }
    var totals = ListTotals()
    for run in runs {
      let part = try ListMailboxes(
        source: run, wantsMessages: true, explains: false, observer: observer(run.date),
        interruption: interruption
      ).run()
      totals.mailboxes += part.mailboxes
      totals.messages += part.messages
      totals.bytes += part.bytes
      totals.unread += part.unread
      totals.problems += part.problems
    }
    return totals
  }
}
