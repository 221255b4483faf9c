import Clients
import Mail
import Platform
import Stores

/// What is pushed, or compared: an archive, which keeps its own state, or mail that another program
/// left.
struct PushSource: Sendable {
  let mail: any MailSource
  /// Nil for the mail of other programs.
  let archive: Archive?
  /// The directory in which `push` is.
  let state: Directory
  /// Holds the lock on state that lies elsewhere.
  private let foreign: ForeignState?

  private init(
    mail: any MailSource, archive: Archive?, state: Directory, foreign: ForeignState?
  ) {
    self.mail = mail
    self.archive = archive
    self.state = state
    self.foreign = foreign
  }

  /// Opens what the options name.
  ///
  /// - Throws: `StoreError`; a usage failure where there is no place for the state.
  init(_ options: PushOptions) throws {
    if try Archive.exists(path: options.archivePath), !options.dryRun {
      let archive = try Archive.open(path: options.archivePath, for: .writing)
      self.init(mail: archive, archive: archive, state: archive.state, foreign: nil)
      return
    }
    let read = try PushSource(
      reading: options.archivePath, statePath: options.statePath,
      mboxDialect: options.mboxDialect)
    guard read.archive == nil else {
      self = read
      return
    }
    guard let base = options.statePath else {
      throw Failure(
        scope: .run, cause: .usage,
        summary: "there is no place to remember what was pushed: HOME is not set",
        advice: "Give a directory with --state.", retryable: false)
    }
    if options.dryRun {
      self = read
    } else {
      let kept = try ForeignState(of: options.archivePath, in: base)
      self.init(mail: read.mail, archive: nil, state: kept.directory, foreign: kept)
    }
  }

  /// Opens mail for reading, so that neither it nor its state is changed or made.
  ///
  /// - Throws: `StoreError`.
  init(reading path: String, statePath: String?, mboxDialect: MboxDialect?) throws {
    let mail = try MailSources.open(path: path, mboxDialect: mboxDialect)
    let archive = mail as? Archive
    // A directory without journals serves where there is no state: nothing may be made.
    let known = try statePath.flatMap { try ForeignState.existing(of: path, in: $0) }
    self.init(
      mail: mail, archive: archive, state: try archive?.state ?? known ?? Directory.open(path: "/"),
      foreign: nil)
  }

  /// The dedupe index of an account, where there is one.
  func index(of account: ServerAccount) -> Directory? {
    try? state.openSubdirectory("push").openSubdirectory(account.indexName)
  }
}

extension ServerAccount {
  /// The name of the directory in `push` that has the account's dedupe index.
  var indexName: String {
    PercentEscape.encode(identity) {
      $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%")
    }
  }
}
