package import Platform
import Synchronization

/// How a mailbox was left when it was last dealt with to the end.
package struct RecordedState: Equatable, Sendable {
  /// What the server said before anything was done.
  package let state: MailboxState
  /// How many messages remain to be dealt with, because they failed or wait for an answer.
  package let outstanding: Int
  /// The archive's side: for a push the stamp of the mailbox, for a pull the inode of its directory.
  package let archive: String
  /// What to report of the mailbox while nothing changes; nil where that is all that the server has.
  package let counts: Counts?

  /// How many of the archive's messages the other side holds, and how many it held once.
  package struct Counts: Equatable, Sendable {
    /// Messages that both sides have.
    package let present: Int
    /// Messages that were there once and are no longer.
    package let gone: Int

    package init(present: Int, gone: Int) {
      self.present = present
      self.gone = gone
    }
  }

  package init(state: MailboxState, outstanding: Int, archive: String, counts: Counts? = nil) {
    self.state = state
    self.outstanding = outstanding
    self.archive = archive
    self.counts = counts
  }
}

/// The last states of all mailboxes of one account, in one small file, so that a run in which nothing
/// changed reads nothing else.
///
/// Safe to use from several threads.
package final class MailboxStates: Sendable {
  private struct Content {
    var states: [String: RecordedState]
    /// Opened with the first record, so that a run without changes writes nothing.
    var file: JournalFile?
  }

  private static let name = "states.journal"
  private static let header = JournalRecord("mailarc-states", ["1"])
  private let content: Mutex<Content>
  private let directory: Directory
  private let intact: Int64
  private let readOnly: Bool

  /// Reads `states.journal` in a directory; `readOnly` writes nothing, ever.
  package init(in directory: Directory, readOnly: Bool) throws(JournalError) {
    var states: [String: RecordedState] = [:]
    let reading = try JournalFile.read(
      in: directory, name: Self.name, header: Self.header
    ) { record in
      var reader = FieldReader(record)
      guard record.kind == "state", let key = reader.text() else { return }
      states[key] = RecordedState(&reader)
    }
    content = Mutex(Content(states: states))
    intact = reading.intact
    self.directory = directory
    self.readOnly = readOnly
  }

  /// How the mailbox of that key was left; nil if it never was dealt with to the end.
  package subscript(key: String) -> RecordedState? { content.withLock { $0.states[key] } }

  /// All of them, by key.
  package var all: [String: RecordedState] { content.withLock { $0.states } }

  /// The keys of all mailboxes whose state is known, in order.
  package var keys: [String] { content.withLock { $0.states.keys.sorted() } }

  /// Records how a mailbox is left, durably.
  ///
  /// What it rests on is on disk already.
  package func record(_ state: RecordedState, for key: String) throws(JournalError) {
    guard self[key] != state else { return }
    try write(JournalRecord("state", [key] + state.journalFields)) { $0[key] = state }
  }

  /// Forgets a mailbox's state, so that the next run looks at all of it.
  package func forget(_ key: String) throws(JournalError) {
    guard self[key] != nil else { return }
    try write(JournalRecord("state", [key])) { $0[key] = nil }
  }

  private func write(
    _ record: JournalRecord, _ change: (inout [String: RecordedState]) -> Void
  ) throws(JournalError) {
    try content.withLock { content throws(JournalError) in
      change(&content.states)
      guard !readOnly else { return }
      if content.file == nil {
        content.file = try JournalFile(
          in: directory, name: Self.name, header: Self.header, intact: intact)
      }
      content.file?.append(record)
      try content.file?.flush()
    }
  }
}

extension RecordedState {
  fileprivate init?(_ reader: inout FieldReader) {
    guard let state = MailboxState(&reader), let outstanding: Int = reader.number(),
      let archive = reader.text()
    else { return nil }
    var counts: Counts?
    if let present: Int = reader.number(), let gone: Int = reader.number() {
      counts = Counts(present: present, gone: gone)
    }
    self.init(state: state, outstanding: outstanding, archive: archive, counts: counts)
  }

  fileprivate var journalFields: [String] {
    state.journalFields + ["\(outstanding)", archive]
      + (counts.map { ["\($0.present)", "\($0.gone)"] } ?? [])
  }
}
