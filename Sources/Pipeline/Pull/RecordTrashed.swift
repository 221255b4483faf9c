import Journals
import Mail
import Platform
import Stores

/// Records what a pull that was stopped put into the trash and had not recorded yet: else it would seem to
/// have been deleted by hand.
struct RecordTrashed {
  let context: PullContext

  /// Records it, if the run before was stopped.
  ///
  /// - Throws: what the archive and the journals throw.
  func run() throws {
    guard context.run.wasStopped, !context.options.dryRun else { return }
    let origins = Trash(of: context.archive).origins()
    let names = Dictionary(
      context.archive.table.records.map { (context.key(of: $0.name), $0.name) },
      uniquingKeysWith: { one, _ in one })
    for (key, origins) in Dictionary(grouping: origins, by: \.mailboxKey) {
      guard let name = names[key], try context.directory.contains(key.hex + ".journal") else {
        continue
      }
      let journal = try PullJournal(
        in: context.directory, key: key.hex, mailbox: name, readOnly: false)
      for origin in origins.sorted() where origin.uidValidity == journal.record.uidValidity {
        guard journal.record.messages[origin.uid]?.fate == .gone,
          // An mbox has it until the copy is safe.
          try context.index.file(of: origin, preferred: .inbox) == nil
        else { continue }
        journal.append(.fate(origin.uid, .trashed))
      }
      try journal.flush()
    }
  }
}
