import Journals
import Mail
import Platform
import Stores

/// Ends a conversion: what the source archive knows of its account and of the targets it was pushed to
/// is known to the new one as well, and that may be used.
///
/// The parts are `pull` and each `push/<target account>`. Each is made whole beside its place and then
/// renamed into it, while the archive is marked as unfinished: nobody sees half of it. A part that the
/// new archive changed since, because it was itself pulled into or pushed, stays as it is.
struct CarryState {
  let context: ConvertContext
  let archive: Archive
  private static let stagingName = "carried"

  func run() throws {
    guard var record = try archive.conversion() else { return }
    if let source = context.source.archive { try carry(from: source, &record) }
    guard !record.isComplete else { return }
    Checkpoint.pass("convert: before it is complete")
    record.isComplete = true
    try archive.record(conversion: record)
  }

  private func carry(from source: Archive, _ record: inout ConversionRecord) throws {
    let pull = ["pull"]
    let isOwn = try isChanged(pull, record)
    for known in source.table.records where !isOwn || archive.table[known.name] == nil {
      archive.table.update(known)
    }
    try archive.table.save()
    if context.missed.all == nil {
      context.collector.add(
        Notice(
          kind: .other, mailbox: nil,
          text: "what was fetched and pushed is not carried over while a part of it can't be read"))
      return
    }
    var parts = try exists(pull, in: source) ? [pull] : []
    if try exists(["push"], in: source) {
      let push = try source.state.openSubdirectory("push")
      for entry in try push.entries() where entry.kind == .directory {
        if let name = entry.name { parts.append(["push", name]) }
      }
    }
    for part in parts { try carry(part, from: source, &record) }
  }

  private func carry(
    _ part: [String], from source: Archive, _ record: inout ConversionRecord
  ) throws {
    let name = part.joined(separator: "/")
    let from = try source.state.openPath(part)
    let now = try Self.fingerprint(of: from)
    let isNews = record.carried["from " + name] != now
    guard try !isChanged(part, record), isNews || !record.isComplete else { return }
    let staging = try stage(part, from, of: source)
    if record.isComplete {
      record.isComplete = false
      try archive.record(conversion: record)
    }
    let parent = try archive.state.ensurePath(part.dropLast())
    let last = part[part.count - 1]
    if try parent.contains(last) { try remove(last, in: parent) }
    let home = try archive.state.openSubdirectory("convert")
    Checkpoint.pass("convert: before state gets its name")
    try home.rename(Self.stagingName, to: parent, last)
    try parent.flush()
    try home.flush()
    record.carried[name] = try Self.fingerprint(of: staging)
    record.carried["from " + name] = now
    Checkpoint.pass("convert: before state is recorded")
    try archive.record(conversion: record)
  }

  /// Whether the new archive has such a part and changed it since it was carried over.
  private func isChanged(_ part: [String], _ record: ConversionRecord) throws -> Bool {
    // As long as it is unfinished, nobody else can have changed anything.
    guard record.isComplete, try exists(part, in: archive) else { return false }
    let now = try Self.fingerprint(of: try archive.state.openPath(part))
    return record.carried[part.joined(separator: "/")] != now
  }

  private func exists(_ part: [String], in archive: Archive) throws(SystemError) -> Bool {
    do {
      _ = try archive.state.openPath(part)
      return true
    } catch  where error.isNotFound {
      return false
    }
  }

  /// Names and sizes of the files: journals only grow, so nothing changes without a trace in these.
  private static func fingerprint(of directory: Directory) throws -> ContentDigest {
    var lines: [String] = []
    for entry in try directory.entries() where entry.kind == .file {
      let name = String(decoding: entry.bytes, as: UTF8.self)
      lines.append("\(name) \(try directory.status(of: entry.bytes).size)")
    }
    return SHA256.digest(of: Array(lines.sorted().joined(separator: "\n").utf8).span)
  }

  private func stage(
    _ part: [String], _ from: Directory, of source: Archive
  ) throws -> Directory {
    let home = try archive.state.openSubdirectory("convert")
    if try home.contains(Self.stagingName) { try remove(Self.stagingName, in: home) }
    let staging = try home.makeSubdirectory(Self.stagingName)
    let copy = CopyJournals(
      from: from, to: staging, source: source, archive: archive,
      missed: context.missed.all ?? [])
    if part == ["pull"] { try copy.pull() } else { try copy.push() }
    Checkpoint.pass("convert: state is staged")
    try staging.flush()
    return staging
  }

  private func remove(_ name: String, in parent: Directory) throws {
    let directory = try parent.openSubdirectory(name)
    for entry in try directory.entries() { try directory.unlink(entry.bytes) }
    try parent.removeSubdirectory(name)
    try parent.flush()
  }
}
