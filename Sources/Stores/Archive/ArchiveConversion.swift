import Platform

extension Archive {
  /// What a conversion may leave of an archive that it only began to make.
  private static let beginnings = [
    lockName, ConversionRecord.directoryName, ArchiveKeywords.fileName,
  ]

  /// Makes an archive for mail that is converted, or opens the one that an earlier conversion of the
  /// same mail made, for writing.
  ///
  /// A new one is marked as unfinished before it is an archive, and can't be opened for writing
  /// otherwise until `record(conversion:)` was told that it is complete.
  /// - Parameters:
  ///   - path: where; an existing directory must be empty, or such an archive.
  ///   - account: the source account of a new archive, empty for mail of none.
  ///   - layout: how a new archive keeps its mailboxes.
  ///   - source: what is converted.
  /// - Returns: the archive, locked; one that is there whatever its account and layout.
  /// - Throws: `notAnArchive` for a directory with other things in it, `otherSource` for another
  ///   archive, `locked`, `system`.
  package static func convert(
    into path: String, account: String, layout: ArchiveIdentity.Layout,
    source: ConversionRecord.Source
  ) throws(StoreError) -> Archive {
    try requireRoom(path: path, account: account, forConversionOf: source)
    return try openOrMake(path: path, account: account, layout: layout) {
      state throws(StoreError) in
      Checkpoint.pass("convert: archive begun")
      try ConversionRecord(source: source).write(in: state)
    }
  }

  /// Makes sure that mail can be converted into that path.
  ///
  /// - Parameters:
  ///   - path: where.
  ///   - account: the source account, empty for mail of none.
  ///   - source: what is converted; where it is not known any more what was, any of that account.
  /// - Throws: `notAnArchive` for a file, and for a directory with other things in it; `otherSource`;
  ///   `damaged`, `system`.
  package static func requireRoom(
    path: String, account: String, forConversionOf source: ConversionRecord.Source
  ) throws(StoreError) {
    guard let root = try existingRoot(path) else { return }
    let entries = try stored(try root.entries())
    if try exists(path: path) {
      let state = try stored(try root.openSubdirectory(stateName))
      guard let record = try ConversionRecord(in: state) else {
        guard try ConversionRecord.isLost(in: state) else { throw .otherSource(path) }
        throw .damaged(
          file: state.path(of: ConversionRecord.path), reason: "it is not there")
      }
      let isKnown = record.source != .unknown
      guard try isKnown ? record.source == source : ArchiveIdentity(in: state)?.account == account
      else { throw .otherSource(path) }
      return
    }
    for entry in entries where entry.name != "lost+found" {
      guard entry.name == stateName, entry.kind == .directory else { throw .notAnArchive(path) }
      let state = try stored(try root.openSubdirectory(stateName))
      for part in try stored(try state.entries()) {
        guard let name = part.name,
          beginnings.contains(name) || name.hasPrefix(Directory.unfinishedPrefix)
        else { throw .notAnArchive(path) }
      }
    }
  }

  /// Gives keywords the letters that another archive gives them, as far as they are free here, so that
  /// files keep their names from one to the other.
  ///
  /// - Throws: `system`.
  package func adoptKeywordLetters(of other: Archive) throws(StoreError) {
    try context.keywords.adopt(other.context.keywords.current)
  }

  /// What the archive was converted from; nil if it was not.
  ///
  /// - Throws: `damaged`, `newerFormat`, `system`.
  package func conversion() throws(StoreError) -> ConversionRecord? {
    try ConversionRecord(in: state)
  }

  /// Records how far the conversion is, durably.
  ///
  /// - Throws: `system`.
  package func record(conversion: ConversionRecord) throws(StoreError) {
    try conversion.write(in: state)
  }
}
