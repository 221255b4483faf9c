import Journals
import Platform

/// A journal beside an archive.
struct FoundJournal {
  /// What such a journal is for.
  enum Role: Equatable {
    /// What was fetched from one source mailbox.
    case pull
    /// The dedupe index of one target mailbox.
    case push
    /// How mailboxes were left.
    case states
    /// Which pulls began and ended.
    case runs
    /// What was converted into one mailbox.
    case convert

    /// The first word of its header.
    var kind: String {
      switch self {
      case .pull: PullRecord.journalKind
      case .push: PushRecord.journalKind
      case .states: "mailarc-states"
      case .runs: "mailarc-runs"
      case .convert: ConvertRecord.journalKind
      }
    }
  }

  let role: Role
  let directory: Directory
  let name: String
  let survey: JournalSurvey

  var path: String { directory.path(of: name) }

  /// The name without its ending: for `pull` and `push` the mailbox's key.
  var key: String { String(name.dropLast(FindJournals.ending.count)) }

  /// Whether it is of its kind, in the version that this program knows.
  var isKnown: Bool { survey.isOfKind(role.kind) }

  /// How many records in its middle can't be read.
  var lost: Int { if case .lost(let records) = survey.damage { records } else { 0 } }
}

/// Finds all journals beside an archive and reads each once.
struct FindJournals {
  static let ending = ".journal"
  let state: Directory
  let interruption: Interruption

  struct Result {
    var journals: [FoundJournal] = []
    /// What could not be read, with the reason.
    var unreadable: [(path: String, reason: String)] = []
  }

  /// The journals, those of the pull first, each directory in the order of names.
  ///
  /// - Throws: `Failure` if it is interrupted.
  func run() throws(Failure) -> Result {
    var result = Result()
    try look(in: state, "pull", role: .pull, &result)
    try look(in: state, "convert", role: .convert, &result)
    for account in names(in: state, "push", &result) where !Directory.isKept(account) {
      guard let push = try? state.openSubdirectory("push") else { continue }
      try look(in: push, account, role: .push, &result)
    }
    return result
  }

  private func look(
    in parent: Directory, _ name: String, role: FoundJournal.Role, _ result: inout Result
  ) throws(Failure) {
    for file in names(in: parent, name, &result) where file.hasSuffix(Self.ending) {
      try interruption.stopIfRaised()
      guard let directory = try? parent.openSubdirectory(name) else { continue }
      if let kind = try? directory.misfit(file) {
        result.unreadable.append((directory.path(of: file), "it is \(kind) and no file"))
        continue
      }
      do {
        let survey = try JournalSurvey(of: file, in: directory)
        result.journals.append(
          FoundJournal(
            role: self.role(of: file, role), directory: directory, name: file, survey: survey))
      } catch {
        result.unreadable.append((directory.path(of: file), "\(error)"))
      }
    }
  }

  private func role(of file: String, _ role: FoundJournal.Role) -> FoundJournal.Role {
    switch file {
    case "states.journal": .states
    case "runs.journal": .runs
    default: role
    }
  }

  private func names(in parent: Directory, _ name: String, _ result: inout Result) -> [String] {
    do {
      guard try parent.contains(name) else { return [] }
      return try parent.openSubdirectory(name).entries().compactMap(\.name).sorted()
    } catch {
      result.unreadable.append((parent.path(of: name), error.reason))
      return []
    }
  }
}
