import Journals

/// Names the messages of which the target got a mended copy, also those that an earlier run sent and
/// this one found there.
///
/// Confined to one worker.
final class TellMended {
  private let journal: PushJournal
  private let side: ArchiveSide
  private let reporter: PushReporter
  private var last: Int

  /// - Parameters:
  ///   - journal: what was recorded up to now is not told.
  ///   - side: knows the files.
  ///   - reporter: gets told.
  init(_ journal: PushJournal, _ side: ArchiveSide, _ reporter: PushReporter) {
    self.journal = journal
    self.side = side
    self.reporter = reporter
    last = journal.record.lastEntry
  }

  /// Tells what became known since the last time.
  func run() {
    let record = journal.record
    for entry in record.entries.values.sorted(by: { $0.number < $1.number })
    where entry.number > last && entry.origin == .pushed && !entry.isGone {
      guard let copy = record.copy(of: entry) else { continue }
      reporter.mended(side.path(ofSource: entry.source), copy)
    }
    last = record.lastEntry
  }
}
