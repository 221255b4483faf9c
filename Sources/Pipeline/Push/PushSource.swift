import Platform
import Stores

/// What is pushed: an archive, which keeps its own state, or mail that another program left.
struct PushSource: Sendable {
  let mail: any MailSource
  /// Nil for the mail of other programs.
  let archive: Archive?
  /// The directory in which `push` is.
  let state: Directory
  /// Holds the lock on state that lies elsewhere.
  private let foreign: ForeignState?

  /// Opens what the options name.
  ///
  /// - Throws: `StoreError`; a usage failure where there is no place for the state.
  init(_ options: PushOptions) throws {
    if try Archive.exists(path: options.archivePath) {
      let archive = try Archive.open(
        path: options.archivePath, for: options.dryRun ? .reading : .writing)
      mail = archive
      self.archive = archive
      state = archive.state
      foreign = nil
      return
    }
    mail = try MailSources.open(path: options.archivePath, mboxDialect: options.mboxDialect)
    archive = nil
    guard let base = options.statePath else {
      throw Failure(
        scope: .run, cause: .usage,
        summary: "there is no place to remember what was pushed: HOME is not set",
        advice: "Give a directory with --state.", retryable: false)
    }
    if options.dryRun {
      // A directory without journals serves where there is no state: nothing may be made.
      state =
        try ForeignState.existing(of: options.archivePath, in: base) ?? Directory.open(path: "/")
      foreign = nil
    } else {
      let kept = try ForeignState(of: options.archivePath, in: base)
      state = kept.directory
      foreign = kept
    }
  }
}
