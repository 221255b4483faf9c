import Platform

/// A small file of records that is written anew as a whole each time, and never in part.
struct WholeRecords {
  let name: String
  let header: JournalRecord

  /// The records behind the header; nil where there is no such file, or where any of it can't be read:
  /// what it says is a help that can be missed.
  func read(in directory: Directory) -> [JournalRecord]? {
    var records: [JournalRecord] = []
    guard
      let reading = try? JournalFile.read(
        in: directory, name: name, header: header, { records.append($0) }),
      reading.damage == .none, reading.intact > 0
    else { return nil }
    return records
  }

  /// Writes all records, flushed.
  ///
  /// - Throws: `JournalError.system`; the file is then as it was.
  func write(_ records: [JournalRecord], in directory: Directory) throws(JournalError) {
    var text = header.line
    for record in records { text += record.line }
    do {
      try directory.writeWhole(name, text.span)
    } catch {
      throw .system(error)
    }
  }
}
