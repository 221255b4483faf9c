package import Mail
package import Platform

/// What a journal's file is, found out without adding up what it says.
package struct JournalSurvey: Sendable {
  /// The first words of the header, kind and version; nil where the header can't be read.
  package let header: JournalRecord?
  /// How much of it could be read.
  package let damage: JournalDamage
  /// Whether it holds records.
  package let isEmpty: Bool

  // All kinds of journals begin so, and no kind of record does.
  private static let kindPrefix = "mailarc-"

  /// Reads the whole file, record by record.
  ///
  /// - Throws: `JournalError.system`.
  package init(of name: String, in directory: Directory) throws(JournalError) {
    var header: JournalRecord?
    var isFirst = true
    var isEmpty = true
    var lost = 0
    var bad = 0
    do throws(SystemError) {
      let torn = try JournalFile.forEachLine(in: directory, name: name) { line in
        defer { isFirst = false }
        guard let record = JournalRecord(line: line) else {
          bad += 1
          return
        }
        lost += bad
        bad = 0
        if isFirst, record.kind.hasPrefix(Self.kindPrefix) {
          header = record
        } else {
          // A record where the header should be: that one is lost.
          if isFirst { lost += 1 }
          isEmpty = false
        }
      }
      // A write that a crash tore leaves one line broken; several whole ones are damage, although a
      // run would cut them off all the same.
      if bad > 1 {
        lost += bad
      } else if header == nil, isEmpty, try !Self.beginsLikeHeader(name, in: directory) {
        // Nothing of it was ever a journal.
        lost += 1
      }
      damage = lost > 0 ? .lost(records: lost) : bad > 0 || torn ? .tornTail : .none
    } catch {
      throw .system(error)
    }
    self.header = header
    self.isEmpty = isEmpty
  }

  /// Whether a file, which may be cut anywhere, begins as a journal does.
  private static func beginsLikeHeader(
    _ name: String, in directory: Directory
  ) throws(SystemError) -> Bool {
    guard try directory.contains(name) else { return true }
    let file = try directory.openFile(name)
    var bytes = [UInt8](repeating: 0, count: 9 + kindPrefix.utf8.count)
    var span = bytes.mutableSpan
    var room = span.mutableBytes
    let count = try room.withUnsafeMutableBytes { buffer throws(SystemError) in
      try file.read(into: buffer)
    }
    let crc = bytes[..<min(count, 8)]
    let rest = bytes[..<count].dropFirst(8)
    return crc.allSatisfy { Hexadecimal.value(of: $0) != nil }
      && (" " + kindPrefix).utf8.starts(with: rest)
  }

  /// Whether the header is one of that kind and of the version that this program writes, or can't be
  /// read.
  package func isOfKind(_ kind: String) -> Bool {
    header.map { $0.kind == kind && $0.fields.first == "1" } ?? true
  }

  /// The mailbox that the header names for people.
  package var mailbox: MailboxName? {
    header.flatMap { $0.fields.count > 1 ? MailboxName(stateForm: $0.fields[1]) : nil }
  }
}

/// Writes a journal anew without the lines that can't be read.
package struct JournalRepair {
  let directory: Directory
  let name: String
  /// The records that a journal without them begins with: the header, and what the records behind it
  /// rest on.
  let beginning: [JournalRecord]

  package init(directory: Directory, name: String, beginning: [JournalRecord]) {
    self.directory = directory
    self.name = name
    self.beginning = beginning
  }

  /// Keeps the file as it is beside the new one.
  ///
  /// - Returns: the name under which it is kept.
  /// - Throws: `JournalError.system`; the journal is then as it was.
  package func run() throws(JournalError) -> String {
    do throws(SystemError) {
      let kept = try directory.keepBroken(name)
      let temporary = Directory.unfinishedPrefix + name
      let file = try directory.createFile(temporary, exclusive: false)
      var output: [UInt8] = []
      var failure: SystemError?
      var place = 0
      _ = try JournalFile.forEachLine(in: directory, name: name) { line in
        guard failure == nil, let record = JournalRecord(line: line) else { return }
        // Records of the beginning that are lost are put where they were.
        if place < beginning.count {
          let found = beginning[place...].firstIndex { $0.kind == record.kind }
          for lost in beginning[place..<(found ?? beginning.count)] { output += lost.line }
          place = found.map { $0 + 1 } ?? beginning.count
        }
        output += line
        output.append(.lineFeed)
        if output.count >= 1 << 18 {
          do throws(SystemError) { try file.write(output.span) } catch { failure = error }
          output.removeAll(keepingCapacity: true)
        }
      }
      if let failure { throw failure }
      for lost in beginning[place...] { output += lost.line }
      try file.write(output.span)
      try file.flush()
      Checkpoint.pass("journal: the repaired one is written")
      try directory.rename(temporary, to: directory, name)
      try directory.flush()
      Checkpoint.pass("journal: repaired")
      return kept
    } catch {
      throw .system(error)
    }
  }
}
