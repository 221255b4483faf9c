import Journals
import Mail
import Platform
import Stores

/// Copies the journals of a pull or a push beside another archive of the same mail, but for what they
/// say of how mailboxes lie on disk.
struct CopyJournals {
  let from: Directory
  let to: Directory
  let source: Archive
  let archive: Archive
  /// Messages that the other archive does not have, though the source has them: they don't count as
  /// held there, and so the next pull fetches them.
  let missed: Set<MessageOrigin>

  private static let states = "states.journal"

  /// Copies what was fetched.
  func pull() throws {
    let missedByKey = Dictionary(grouping: missed, by: \.mailboxKey.hex)
    for name in try journals() {
      if let missed = missedByKey[String(name.dropLast(".journal".utf8.count))] {
        try copyPull(name, without: Set(missed))
      } else {
        try copy(name)
      }
    }
    let known = try MailboxStates(in: from, readOnly: true)
    let states = try MailboxStates(in: to, readOnly: false)
    for record in source.table.records {
      let key = MailboxKey(account: source.identity.account, mailbox: record.name).hex
      guard let state = known[key], missedByKey[key] == nil,
        try source.identity(of: record.archiveName) == state.archive
      else { continue }
      try states.record(
        RecordedState(
          state: state.state, outstanding: state.outstanding,
          archive: try archive.identity(of: record.archiveName), counts: state.counts), for: key)
    }
  }

  /// Copies a dedupe index.
  func push() throws {
    for name in try journals() { try copy(name) }
    let states = try MailboxStates(in: to, readOnly: false)
    for (key, state) in try MailboxStates(in: from, readOnly: true).all {
      // The stamps were those of other files: without them, the next push looks at the mailbox.
      try states.record(
        RecordedState(
          state: state.state, outstanding: state.outstanding, archive: "", counts: state.counts),
        for: key)
    }
  }

  private func journals() throws -> [String] {
    try from.entries().compactMap { entry in
      guard entry.kind == .file, let name = entry.name, name.hasSuffix(".journal"),
        name != Self.states
      else { return nil }
      return name
    }
  }

  private func copy(_ name: String) throws {
    let input = try from.openFile(name)
    let output = try to.createFile(name, exclusive: true)
    try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
      while true {
        let count = try input.read(into: buffer)
        if count == 0 { break }
        try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
    try output.flush()
  }

  private func copyPull(_ name: String, without missed: Set<MessageOrigin>) throws {
    let header = JournalRecord(PullRecord.journalKind, ["1", ""])
    let output = try JournalFile(in: to, name: name, header: header, intact: 0)
    let missed = Dictionary(grouping: missed, by: \.uidValidity).mapValues { Set($0.map(\.uid)) }
    var gone: Set<UID> = []
    let reading = try JournalFile.read(in: from, name: name, header: header) { record in
      switch PullEvent(record) {
      case .validity(let validity): gone = missed[validity] ?? []
      case .held(let message) where gone.contains(message.uid): return
      case .flags(let uid, _) where gone.contains(uid): return
      case .fate(let uid, _) where gone.contains(uid): return
      default: break
      }
      output.append(record)
    }
    try output.flush()
    // What is lost in a damaged journal must not seem to be whole.
    if case .lost = reading.damage { try to.unlink(name) }
  }
}
