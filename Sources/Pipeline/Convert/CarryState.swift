import Journals
import Mail
import Platform
import Stores

/// Ends a conversion: what the source knows of its account is known to the archive as well, and the
/// archive may be used.
struct CarryState {
  let context: ConvertContext
  let archive: Archive

  func run() throws {
    guard var record = try archive.conversion() else { return }
    if let source = context.source.archive {
      for known in source.table.records where archive.table[known.name] == nil {
        archive.table.update(known)
      }
      try archive.table.save()
    }
    guard !record.isComplete else { return }
    record.isComplete = true
    Checkpoint.pass("convert: before it is complete")
    try archive.record(conversion: record)
  }
}
