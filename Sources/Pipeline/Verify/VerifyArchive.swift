package import Platform

import Journals
import Mail
import Stores

/// Reads every message of an archive and compares it with what was recorded when it came; changes
/// nothing.
package struct VerifyArchive {
  let path: String
  let observer: any VerifyObserver
  let interruption: Interruption

  /// Prepares a verification.
  ///
  /// - Parameters:
  ///   - path: the archive.
  ///   - observer: what shows how it goes on.
  ///   - interruption: ends it early.
  package init(path: String, observer: any VerifyObserver, interruption: Interruption) {
    self.path = path
    self.observer = observer
    self.interruption = interruption
  }

  /// What is gathered while mailboxes are read.
  private struct Sums {
    var report = VerifyReport()
    var planned = 0
    var plannedBytes: Int64 = 0
    var origins: Set<MessageOrigin> = []
    /// The names of converted messages that are there.
    var converted = BaseNames()
    var intact: Set<MessageOrigin> = []
    var unrecorded: [ContentDigest: Int] = [:]
    /// The contents of messages that may have been incomplete when they came.
    var incomplete: Set<ContentDigest> = []
    /// Told at the end: there may be another file of the same message, which is intact.
    var differing: [(origin: MessageOrigin?, finding: VerifyFinding)] = []
    /// Whether all messages that there are were seen.
    var isComplete = true
  }

  /// Verifies everything.
  ///
  /// - Returns: what was found; all of it was told the observer before.
  /// - Throws: `Failure` where it is no archive, where a newer version wrote any of its journals, and where
  ///   it was interrupted.
  package func run() throws -> VerifyReport {
    do { return try verify() } catch { throw Failure(error, scope: .run) }
  }

  private func verify() throws -> VerifyReport {
    let inspection = try ArchiveInspection(path: path)
    let archive = inspection.archive
    let state = try CheckState(
      inspection: inspection,
      journals: try FindJournals(state: archive.state, interruption: interruption).run()
    ).run()
    var sums = Sums()
    sums.report.notes = state.notes
    sums.incomplete = state.converted.incomplete
    for finding in state.findings { tell(finding, &sums) }
    let tree = try archive.mailboxes()
    for place in tree.unreadable {
      sums.isComplete = false
      tell(VerifyFinding(.mailboxUnreadable, place), &sums)
    }
    sums.report.notes += tree.passedOver.map { "not read: \($0)" }
    let records = RecordedDigests(sources: [state.pulled, state.converted])
    let scratch = WireScratch()
    try plan(tree, archive, &sums)
    for place in tree.mailboxes { try verify(place, archive, records, scratch, &sums) }
    for (origin, finding) in sums.differing {
      // Two files of one message, of which one is as it came: the other one was never recorded.
      if let origin, sums.intact.contains(origin) {
        sums.report.unrecorded += 1
      } else {
        tell(finding, &sums)
      }
    }
    guard sums.isComplete else {
      sums.report.notes.append(
        "whether messages are missing can't be told while a part of the archive can't be read")
      return sums.report
    }
    let missing = try FindMissing(
      pulled: state.pulled, converted: state.converted, table: archive.table, names: state.names,
      present: Set(tree.mailboxes.map(\.name))
    ).run(
      // A pull that was stopped may not have recorded what it put into the trash.
      origins: sums.origins.union(Trash(of: archive).origins()), converted: sums.converted,
      unrecorded: sums.unrecorded)
    for finding in missing { tell(finding, &sums) }
    return sums.report
  }

  /// Tells how much there is, as far as names tell it.
  private func plan(_ tree: MailboxTree, _ archive: Archive, _ sums: inout Sums) throws {
    for place in tree.mailboxes where place.form == .maildir {
      try interruption.stopIfRaised()
      // What can't be scanned is told when it is read.
      guard let messages = try? archive.mailbox(at: place).scan() else { continue }
      sums.planned += messages.count
      sums.plannedBytes += messages.reduce(0) { $0 + ($1.namedWireSize ?? 0) }
    }
    observer.plan(totalMessages: sums.planned, bytes: sums.plannedBytes)
  }

  private func verify(
    _ place: MailboxPlace, _ archive: Archive, _ records: RecordedDigests, _ scratch: WireScratch,
    _ sums: inout Sums
  ) throws {
    let mailbox: any ReadableMailbox
    let messages: [StoredMessage]
    do {
      mailbox = try archive.mailbox(at: place)
      messages = try mailbox.scan()
    } catch {
      sums.isComplete = false
      tell(VerifyFinding(.mailboxUnreadable, mailbox: place.name, "\(error)"), &sums)
      return
    }
    sums.report.mailboxes += 1
    let bytes = messages.reduce(0) { $0 + ($1.scanned?.wireSize ?? $1.namedWireSize ?? 0) }
    if place.form != .maildir {
      sums.planned += messages.count
      sums.plannedBytes += bytes
      observer.plan(totalMessages: sums.planned, bytes: sums.plannedBytes)
    }
    observer.mailboxBegan(place.name, messages: messages.count, bytes: bytes)
    try VerifyMailbox(
      mailbox: mailbox, records: records, observer: observer, interruption: interruption,
      scratch: scratch
    ).run(messages) { add($0, in: mailbox, &sums) }
    for damage in mailbox.damage {
      sums.isComplete = false
      tell(VerifyFinding(.mailboxUnreadable, mailbox: place.name, "\(damage)"), &sums)
    }
    observer.ended(place.name)
  }

  private func add(
    _ outcome: VerifyMailbox.Outcome, in mailbox: any ReadableMailbox, _ sums: inout Sums
  ) {
    sums.report.messages += 1
    sums.report.bytes += outcome.size
    let origin = outcome.message.origin
    if let origin { sums.origins.insert(origin) }
    if outcome.isConverted { sums.converted.insert(outcome.message) }
    switch outcome.verdict {
    case .intact:
      sums.report.intact += 1
      if outcome.isConverted, let digest = outcome.digest, sums.incomplete.contains(digest) {
        sums.report.notes.append(
          "\(mailbox.path(of: outcome.message)): it may have been incomplete already when it was "
            + "converted, since its source was damaged behind it")
      }
      if let origin { sums.intact.insert(origin) }
    case .unrecorded:
      sums.report.unrecorded += 1
      if let digest = outcome.digest { sums.unrecorded[digest, default: 0] += 1 }
    case .edited, .damaged, .truncated, .changed, .unreadable, .missing:
      guard let kind = VerifyFinding.Kind(rawValue: outcome.verdict.rawValue) else { return }
      let finding = VerifyFinding(
        kind, mailbox: mailbox.name, file: mailbox.path(of: outcome.message), outcome.reason)
      sums.differing.append((origin, finding))
    }
  }

  private func tell(_ finding: VerifyFinding, _ sums: inout Sums) {
    sums.report.findings.append(finding)
    observer.finding(finding)
  }
}
