package import Mail
package import Platform

import Stores

/// Removes for good what is in an archive's trash.
package struct EmptyTrash {
  let path: String
  let before: InternalDate?
  let interruption: Interruption

  /// Prepares it.
  ///
  /// - Parameters:
  ///   - path: the archive.
  ///   - before: only what was put there earlier goes; nil for all.
  ///   - interruption: ends it early.
  package init(path: String, before: InternalDate?, interruption: Interruption) {
    self.path = path
    self.before = before
    self.interruption = interruption
  }

  /// Removes it.
  ///
  /// - Returns: what was removed.
  /// - Throws: `Failure` where it is no archive, another run holds it, or it was interrupted.
  package func run() throws -> TrashReport {
    do { return try empty() } catch { throw Failure(error, scope: .run) }
  }

  private func empty() throws -> TrashReport {
    var report = TrashReport()
    let archive = try Archive.open(path: path, for: .writing)
    let runs = try Trash(of: archive).runs()
    report.wasEmpty = runs.isEmpty
    for run in runs {
      if let before, run.date >= before { continue }
      let tree = try run.mailboxes()
      report.problems += tree.unreadable
      for place in tree.mailboxes {
        try interruption.stopIfRaised()
        do {
          let box = try run.box(at: place)
          let messages = try box.scan()
          guard !messages.isEmpty else { continue }
          try box.remove(messages)
          try box.flush()
          report.parts.append(.init(run, place.name, messages))
        } catch {
          report.problems.append("\(place.name): \(error)")
        }
      }
      if try !run.removeEmpty() {
        report.problems.append("\(run.path): not all that is there could be removed")
      }
    }
    return report
  }
}

extension TrashReport.Part {
  init(_ run: TrashedRun, _ mailbox: MailboxName, _ messages: [StoredMessage]) {
    removed = run.date
    self.mailbox = mailbox
    self.messages = messages.count
    bytes = messages.reduce(0) { $0 + ($1.namedSize ?? 0) }
  }
}
