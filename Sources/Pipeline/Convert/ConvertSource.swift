import Platform
import Stores

/// What is converted.
struct ConvertSource: Sendable {
  let mail: any MailSource
  /// Nil for mail that is in no archive.
  let archive: Archive?
  /// What a later conversion of the same mail is known by.
  let identity: ConversionRecord.Source

  /// Opens it for reading.
  ///
  /// No other run writes to an archive meanwhile: what its journals say and what it holds would not be
  /// of the same moment.
  /// - Throws: `StoreError`.
  init(_ options: ConvertOptions) throws {
    guard try Archive.exists(path: options.sourcePath) else {
      mail = try MailSources.open(path: options.sourcePath, mboxDialect: options.mboxDialect)
      archive = nil
      identity = .path(try CanonicalPath.of(options.sourcePath))
      return
    }
    let archive = try Archive.open(path: options.sourcePath, for: .readingUndisturbed)
    mail = archive
    self.archive = archive
    identity = .archive(id: archive.identity.id)
  }
}
