package import Platform

/// Which run is under way, and which was the last that ended.
package struct RunNumbers: Sendable {
  /// The number of the run under way, one above all that ever began.
  package let current: Int
  /// The last run that ended; 0 if there was none.
  let ended: Int
  /// Whether a run since then may have been stopped anywhere, in the middle of what it did.
  package let wasStopped: Bool

  /// Whether the run before this one did not come to its end.
  package var resumes: Bool { current > ended + 1 }

  /// Whether what `run` recorded came after the last run that ended.
  package func isRecent(_ run: Int) -> Bool { run > ended }
}

/// Which pulls began and which ended, so that a message that came in a pull that was killed still
/// counts as new when the next one looks for where moved messages went.
package final class RunLog {
  /// This run's number, and what ended before it.
  package let numbers: RunNumbers
  private let file: JournalFile?

  private static let header = JournalRecord("mailarc-runs", ["1"])
  private static let name = "runs.journal"

  /// Begins a run; `readOnly` writes nothing.
  package init(in directory: Directory, readOnly: Bool) throws(JournalError) {
    var begun = 0
    var ended = 0
    var left: Set<Int> = []
    let name = Self.name
    let reading = try JournalFile.read(in: directory, name: name, header: Self.header) { record in
      var reader = FieldReader(record)
      guard let run: Int = reader.number() else { return }
      if record.kind == "begin" { begun = max(begun, run) }
      if record.kind == "end" { ended = max(ended, run) }
      if record.kind == "left" { left.insert(run) }
    }
    numbers = RunNumbers(
      current: begun + 1, ended: ended,
      wasStopped: left.count { $0 > ended && $0 <= begun } < begun - ended)
    file =
      readOnly
      ? nil
      : try JournalFile(in: directory, name: name, header: Self.header, intact: reading.intact)
    file?.append(JournalRecord("begin", ["\(numbers.current)"]))
    try file?.flush()
  }

  /// Ends the run: its moves and losses are all recorded.
  package func end() throws(JournalError) {
    file?.append(JournalRecord("end", ["\(numbers.current)", "\(WallClock.now)"]))
    try file?.flush()
  }

  /// Notes that the run did all it could: what it left waits for an answer or for the next run, and what
  /// it brought still counts as new then.
  package func leave() throws(JournalError) {
    file?.append(JournalRecord("left", ["\(numbers.current)", "\(WallClock.now)"]))
    try file?.flush()
  }

  /// When runs began and ended, as far as the log tells.
  package struct Times: Equatable, Sendable {
    /// When the last run that ended did so, in seconds since 1970; nil if none did, or it is not told.
    package var ended: Int64?
    /// Whether a run began after that one.
    package var isInterrupted = false
    /// Whether any run ever ended.
    package var hasEnded = false
  }

  /// Reads when runs began and ended; writes nothing.
  ///
  /// - Throws: `JournalError`.
  package static func times(in directory: Directory) throws(JournalError) -> Times {
    var times = Times()
    var begun = 0
    var last = 0
    _ = try JournalFile.read(in: directory, name: name, header: header) { record in
      var reader = FieldReader(record)
      guard let run: Int = reader.number() else { return }
      if record.kind == "begin" { begun = max(begun, run) }
      if record.kind == "end" || record.kind == "left", run >= last {
        last = run
        times.ended = reader.number()
        times.hasEnded = true
      }
    }
    times.isInterrupted = begun > last
    return times
  }

  /// Makes a log whose runs are not fewer than other journals speak of: what they recorded is not taken
  /// for something new.
  ///
  /// - Parameters:
  ///   - run: the highest number that is known otherwise; it counts as ended.
  ///   - directory: `.mailarc/pull`.
  /// - Returns: whether anything had to be written.
  /// - Throws: `JournalError`.
  package static func raise(to run: Int, in directory: Directory) throws(JournalError) -> Bool {
    guard try RunLog(in: directory, readOnly: true).numbers.current <= run else { return false }
    let reading = try JournalFile.read(in: directory, name: name, header: header) { _ in }
    let file = try JournalFile(
      in: directory, name: name, header: header, intact: reading.intact)
    file.append(JournalRecord("begin", ["\(run)"]))
    file.append(JournalRecord("end", ["\(run)"]))
    try file.flush()
    return true
  }
}
