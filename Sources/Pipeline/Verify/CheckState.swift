import Journals
import Mail
import Platform
import Stores

/// Looks at what lies in `.mailarc`: whether it can be read, and whether its parts fit together.
struct CheckState {
  let inspection: ArchiveInspection
  let journals: FindJournals.Result

  struct Result {
    var findings: [VerifyFinding] = []
    var notes: [String] = []
    let pulled = PulledMessages()
    let converted = ConvertedMessages()
    /// The names that the journals and the table give the source's mailboxes.
    var names: [MailboxKey: MailboxName] = [:]
  }

  /// Looks at everything.
  ///
  /// - Throws: `JournalError.foreign` where there is a journal of another kind or version: what it says of
  ///   the messages is not guessed at.
  func run() throws(JournalError) -> Result {
    if let unknown = journals.journals.first(where: { !$0.isKnown }) {
      throw .foreign(path: unknown.path)
    }
    var result = Result()
    for part in inspection.broken { tell(part, &result) }
    for (path, reason) in journals.unreadable {
      result.findings.append(VerifyFinding(.journalDamaged, file: path, "can't be read: \(reason)"))
    }
    for journal in journals.journals { look(at: journal, &result) }
    checkStates(&result)
    checkTable(&result)
    return result
  }

  private var state: Directory { inspection.archive.state }

  private func tell(_ part: BrokenState, _ result: inout Result) {
    let path = state.path(of: part.file.rawValue)
    if let error = part.error {
      result.findings.append(VerifyFinding(.stateDamaged, file: path, "\(error)"))
      return
    }
    // Without a pull there is no table of the source's mailboxes.
    if part.file == .mailboxes, !journals.journals.contains(where: { $0.role == .pull }) { return }
    result.findings.append(VerifyFinding(.stateDamaged, file: path, "it is not there"))
  }

  private func look(at journal: FoundJournal, _ result: inout Result) {
    if journal.lost > 0 {
      result.findings.append(
        VerifyFinding(
          .journalDamaged, mailbox: journal.survey.mailbox, file: journal.path,
          "\(journal.lost) records can't be read"))
    } else if journal.survey.damage == .tornTail {
      result.notes.append(
        "\(journal.path): its end was being written when a run was stopped; it counts as not "
          + "written")
    }
    do {
      switch journal.role {
      case .pull: try addPulled(journal, &result)
      case .convert:
        try result.converted.add(journal: journal.key, in: journal.directory)
      case .push, .states, .runs: break
      }
    } catch {
      result.findings.append(VerifyFinding(.journalDamaged, file: journal.path, "\(error)"))
    }
  }

  private func addPulled(
    _ journal: FoundJournal, _ result: inout Result
  ) throws(JournalError) {
    guard let key = journal.mailboxKey else { return }
    result.names[key] = journal.survey.mailbox
    let opened = try PullJournal(
      in: journal.directory, key: journal.key, mailbox: .inbox, readOnly: true)
    result.pulled.add(opened.record, of: key)
  }

  /// A state of a mailbox whose journal is lost would keep a pull from looking at it.
  private func checkStates(_ result: inout Result) {
    for states in journals.journals where states.role == .states {
      guard
        let known = try? MailboxStates(in: states.directory, readOnly: true).keys,
        let names = try? states.directory.entries().compactMap(\.name)
      else { continue }
      let lost = known.filter { !names.contains($0 + FindJournals.ending) }
      guard !lost.isEmpty else { continue }
      result.findings.append(
        VerifyFinding(
          .stateDamaged, file: states.path,
          "it speaks of \(lost.count) mailboxes whose journals are lost"))
    }
  }

  private func checkTable(_ result: inout Result) {
    let archive = inspection.archive
    for record in archive.table.records {
      let key = MailboxKey(account: archive.identity.account, mailbox: record.name)
      if !archive.identity.account.isEmpty { result.names[key] = record.name }
    }
  }
}
