package import Platform

/// What can be wrong with a journal.
package enum JournalError: Error, Sendable, CustomStringConvertible {
  case system(SystemError)
  /// The file is no journal of the kind asked for, or of a format that this version does not know.
  case foreign(path: String)

  package var description: String {
    switch self {
    case .system(let error): error.description
    case .foreign(let path):
      "\"\(path)\" is not a journal that this version of mailarc reads; use a newer version, or "
        + "move the file away (the next run then re-makes it)"
    }
  }
}

/// How much of a journal could be read.
package enum JournalDamage: Sendable, Equatable {
  case none
  /// The last record was being written when the machine stopped; it is as if it never was.
  case tornTail
  /// Records in the middle can't be read and were passed over.
  case lost(records: Int)
}

/// What reading a journal found besides its records.
package struct JournalReading: Sendable {
  /// What of the file could not be read.
  package let damage: JournalDamage
  /// The size up to which the file ends in a whole, readable record.
  package let intact: Int64
}

/// An append-only file of records beside an archive.
///
/// Records are written in memory and reach the disk with `flush`, all or up to a point: what is torn
/// at the end is cut off when the journal is opened again. Confined to one owner.
package final class JournalFile {
  private let file: FileDescriptor
  private let path: String
  private var pending: [UInt8] = []

  /// Opens the journal for more, cutting off what stands behind the `intact` bytes that `read` found,
  /// or makes it with `header` as its first record.
  package init(
    in directory: Directory, name: String, header: JournalRecord, intact: Int64
  ) throws(JournalError) {
    path = directory.path(of: name)
    do {
      file = try directory.openForAppending(name)
      if try file.status().size > intact {
        try file.truncate(to: intact)
        Checkpoint.pass("journal: torn tail cut")
        try file.flush()
      }
      if intact == 0 {
        Checkpoint.pass("journal: made, empty")
        try file.write(header.line.span)
        Checkpoint.pass("journal: header written")
        try file.flush()
        try directory.flush()
      }
    } catch {
      throw .system(error)
    }
  }

  /// Adds a record.
  ///
  /// It is on disk after the next `flush`.
  package func append(_ record: JournalRecord) {
    pending.append(contentsOf: record.line)
  }

  /// Makes everything appended so far durable.
  package func flush() throws(JournalError) {
    guard !pending.isEmpty else { return }
    do throws(SystemError) {
      Checkpoint.pass("journal: before the write")
      try file.write(pending.span)
      Checkpoint.pass("journal: before the flush")
      try file.flushData()
      Checkpoint.pass("journal: flushed")
      pending.removeAll(keepingCapacity: pending.capacity < 1 << 20)
    } catch {
      throw .system(error.at(path))
    }
  }

  /// Reads a journal record by record, in order; does nothing where there is no file.
  ///
  /// - Throws: `JournalError.foreign` if the first record is not of the kind and version expected.
  package static func read(
    in directory: Directory, name: String, header: JournalRecord,
    _ body: (JournalRecord) -> Void
  ) throws(JournalError) -> JournalReading {
    do {
      var position: Int64 = 0
      var intact: Int64 = 0
      var isFirst = true
      var isForeign = false
      var lost = 0
      var bad = 0
      let torn = try forEachLine(in: directory, name: name) { line in
        position += Int64(line.count) + 1
        defer { isFirst = false }
        guard let record = JournalRecord(line: line) else {
          bad += 1
          return
        }
        lost += bad
        bad = 0
        intact = position
        // Where the header itself is damaged, the name of the file and the checksums of its other
        // records have to do.
        if isFirst {
          isForeign = record.kind != header.kind || record.fields.first != header.fields.first
        } else if !isForeign {
          body(record)
        }
      }
      if isForeign { throw JournalError.foreign(path: directory.path(of: name)) }
      let damage: JournalDamage =
        lost > 0 ? .lost(records: lost) : bad > 0 || torn ? .tornTail : .none
      return JournalReading(damage: damage, intact: intact)
    } catch let error as JournalError {
      throw error
    } catch let error as SystemError {
      throw .system(error)
    } catch {
      throw .foreign(path: directory.path(of: name))
    }
  }

  /// Hands out each line without its LF; true if bytes without an LF stand at the end.
  static func forEachLine(
    in directory: Directory, name: String, _ body: (ArraySlice<UInt8>) -> Void
  ) throws(SystemError) -> Bool {
    guard try directory.contains(name) else { return false }
    let file = try directory.openFile(name)
    var rest: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      var span = chunk.mutableSpan
      var bytes = span.mutableBytes
      let count = try bytes.withUnsafeMutableBytes { buffer throws(SystemError) in
        try file.read(into: buffer)
      }
      if count == 0 { return !rest.isEmpty }
      rest.append(contentsOf: chunk[..<count])
      var start = rest.startIndex
      while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        body(rest[start..<end])
        start = end + 1
      }
      rest.removeSubrange(..<start)
    }
  }
}
