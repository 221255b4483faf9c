import Journals
import Mail
import Platform
import Stores

/// Converts one mailbox: scan, plan, copy, merge flags.
///
/// It alone knows the order of the stages within a mailbox. Confined to one worker.
final class ConvertMailbox {
  private let context: ConvertContext
  private let place: MailboxPlace
  private let worker: ConvertWorker
  private let source: any ReadableMailbox
  private let journal: ConvertJournal?
  private var report: MailboxReport
  private var failures = 0
  /// The names of messages that were moved by hand to other mailboxes of the archive.
  private var moved: Set<String> = []

  /// - Throws: `SourceUnreadable`, `JournalError`.
  init(context: ConvertContext, place: MailboxPlace, worker: ConvertWorker) throws {
    self.context = context
    self.place = place
    self.worker = worker
    do {
      source = try context.source.mail.mailbox(at: place)
    } catch {
      throw SourceUnreadable(cause: error)
    }
    journal = try context.journal(of: place.name)
    report = MailboxReport(name: place.name)
  }

  /// Does all that can be done.
  ///
  /// - Throws: what ends the mailbox, or more than that.
  func run() throws -> MailboxReport {
    let messages: [StoredMessage]
    do { messages = try source.scan() } catch { throw SourceUnreadable(cause: error) }
    for problem in source.damage { fail(source.path, problem) }
    if !source.damage.isEmpty { context.missed.addUnknown() }
    let incomplete = IncompleteMessage(in: source, among: messages)
    if let incomplete { tell(.incomplete, incomplete.warning) }
    if case .lost = journal?.damage { tellDamage() }
    guard !context.options.dryRun, let archive = context.archive, let journal else {
      try foretell(messages, in: try context.archive?.mailbox(place.name))
      return report
    }
    let existing = try find(for: messages) { () throws(StoreError) in
      try archive.mailbox(place.name)
    }
    let present = try existing?.scan() ?? []
    guard let record = try standing(messages, present, in: existing) else { return report }
    var plan = self.plan(messages, record)
    guard existing != nil || journal.record.home == nil || !plan.unknown.isEmpty else {
      // A mailbox that somebody deleted comes back only with mail in it.
      for (_, converted) in plan.known { count(moved.contains(converted.name)) }
      report.goneAtSource = plan.pool.convertedCount
      try journal.flush()
      return report
    }
    let target =
      try existing
      ?? find(for: messages) { () throws(StoreError) in try archive.makeMailbox(place.name) }
    try findUnrecorded(&plan, present, in: target)
    var taken = BaseNames(present)
    for name in record.messages.keys { taken.insert(name) }
    var lost: [ContentDigest: [String]] = [:]
    for (name, message) in journal.record.messages where record.messages[name] == nil {
      lost[message.digest, default: []].append(name)
    }
    let copier = try CopyMessages(
      from: source, to: place.name, of: archive, journal: journal, content: worker.content,
      names: CopyNames(taken: taken, lost: lost))
    defer { copier.discard() }
    let merge = MergeConvertedFlags(present, in: target, journal: journal)
    let home = journal.record.home
    let known = journal.record.incomplete
    journal.forget()
    for (place, converted) in plan.known {
      let isPresent = merge.add(converted, flags: flags(of: messages[place]))
      count(isPresent || moved.contains(converted.name))
    }
    plan.known = []
    try copy(messages, &plan, copier, merge)
    remember(incomplete, known)
    tellCompleted(known, plan.pool, present, in: target)
    report.flagsUpdated = try merge.run()
    let now = try target.identity()
    if now != home { journal.write(.home(now)) }
    try journal.flush()
    return report
  }

  private func plan(_ messages: [StoredMessage], _ record: ConvertRecord) -> ConvertPlan {
    PlanConvert(record: record) { [source] in
      if let scanned = $0.scanned { return scanned.size }
      return try source.open($0).size
    }.run(messages)
  }

  /// What of the journal counts; nil where the mailbox waits for an answer.
  private func standing(
    _ messages: [StoredMessage], _ present: [StoredMessage], in target: (any Mailbox)?
  ) throws -> ConvertRecord? {
    guard let journal else { return ConvertRecord() }
    if let target, let problem = target.damage.first {
      return believed(journal.record, present, in: target, problem)
    }
    let names = BaseNames(present)
    let result = try StandingRecord(
      options: context.options, journal: journal, present: names, names: context.names,
      home: try target?.identity() ?? ""
    ).run()
    moved = result.moved
    guard let question = result.question else { return result.record }
    context.collector.add(
      Question(mailbox: place.name, text: question, options: Disappearance.answers))
    // Nothing is converted before the answer: what is new in the source is not in the archive.
    for message in messages where !names.contains(message.source) {
      if result.record.messages[message.source] == nil { context.missed.add(message.origin) }
    }
    return nil
  }

  /// What of the record counts where the archive's mailbox can't be read to its end: what is not there
  /// was not deleted by hand but lost, and is converted again.
  private func believed(
    _ record: ConvertRecord, _ present: [StoredMessage], in target: any ReadableMailbox,
    _ problem: StoreError
  ) -> ConvertRecord {
    context.collector.add(
      Notice(
        kind: .other, mailbox: place.name,
        text: "in the archive, \(problem); what is missing there counts as lost, not as deleted"))
    let cut = target.incomplete(among: present)
    let names = BaseNames(present.filter { $0 != cut })
    return record.keeping { names.contains($0.name) }
  }

  /// The archive's mailbox; where there can be none, all its messages are missed.
  private func find<Found>(
    for messages: [StoredMessage], _ body: () throws(StoreError) -> Found
  ) throws -> Found {
    do {
      return try body()
    } catch {
      for message in messages { context.missed.add(message.origin) }
      throw MailboxUnsuitable(cause: error)
    }
  }

  private func copy(
    _ messages: [StoredMessage], _ plan: inout ConvertPlan, _ copier: CopyMessages,
    _ merge: MergeConvertedFlags
  ) throws {
    defer {
      (report.transferred, report.transferredBytes) = (copier.delivered, copier.deliveredBytes)
    }
    context.announce(plan.unknown.count)
    context.observer.mailboxBegan(
      place.name, messages: plan.unknown.count, bytes: wireSize(of: plan.unknown, messages) ?? 0)
    for (number, index) in plan.unknown.enumerated() {
      let message = messages[index]
      if context.interruption.isInterrupted { try copier.commit() }
      try context.interruption.stopIfRaised()
      do {
        if let entry = try counterpart(of: message, &plan) {
          let isPresent = try merge.adopt(entry, message, flags: flags(of: message), in: source)
          count(isPresent || moved.contains(entry.name))
        } else {
          try copier.copy(message, flags: flags(of: message))
        }
      } catch let problem as SourceUnreadable {
        if case StoreError.changed = problem.cause {
          // Nobody knows any more where the messages are.
          failMailbox(problem.cause)
          break
        }
        fail(source.path(of: message), problem.cause)
        context.missed.add(message.origin)
      }
      if number % 64 == 63 {
        let done = copier.progress
        context.observer.progress(
          place.name, messagesDone: number + 1, bytesDone: done.bytes)
      }
    }
    try copier.commit()
    context.observer.progress(
      place.name, messagesDone: plan.unknown.count, bytesDone: copier.deliveredBytes)
    if failures == 0 { report.goneAtSource = plan.pool.convertedCount }
  }

  /// What a run that was killed left behind its journal, or somebody else put there.
  private func findUnrecorded(
    _ plan: inout ConvertPlan, _ present: [StoredMessage], in target: any ReadableMailbox
  ) throws {
    guard let journal, !plan.unknown.isEmpty else { return }
    for message in present where journal.record.messages[message.source] == nil {
      let content = try worker.digester.run(message, in: target)
      plan.pool.add(.found(message, content.digest))
    }
  }

  /// The message of the archive that is this one, if there is one that is no other's.
  private func counterpart(
    of message: StoredMessage, _ plan: inout ConvertPlan
  ) throws -> ConvertPool.Entry? {
    guard !plan.pool.isEmpty else { return nil }
    let content: MessageContent
    do {
      content = try worker.digester.run(message, in: source)
    } catch {
      throw SourceUnreadable(cause: error)
    }
    return plan.pool.take(content.digest, for: message)
  }

  /// Tells what a run would do, and does nothing.
  private func foretell(
    _ messages: [StoredMessage], in target: (any Mailbox)?
  ) throws {
    let present = try target?.scan() ?? []
    guard let record = try standing(messages, present, in: target) else { return }
    var plan = self.plan(messages, record)
    let names = BaseNames(present)
    for (_, converted) in plan.known {
      count(names.contains(converted.name) || moved.contains(converted.name))
    }
    if let target {
      try findUnrecorded(&plan, present, in: target)
    } else if record.home == nil || !plan.unknown.isEmpty {
      context.observer.planned(PlannedChange(action: .createMailbox, mailbox: place.name))
    }
    var bytes: Int64? = 0
    for message in plan.unknown.lazy.map({ messages[$0] }) {
      try context.interruption.stopIfRaised()
      do {
        if let entry = try counterpart(of: message, &plan) {
          count(names.contains(entry.name) || moved.contains(entry.name))
        } else {
          report.transferred += 1
          bytes = bytes.flatMap { sum in message.wireSize.map { sum + $0 } }
        }
      } catch let problem as SourceUnreadable {
        fail(source.path(of: message), problem.cause)
      }
    }
    report.transferredBytes = bytes ?? 0
    guard report.transferred > 0 else { return }
    context.observer.planned(
      PlannedChange(
        action: .transfer, mailbox: place.name, messages: report.transferred, bytes: bytes))
  }

  /// Remembers a message that was taken over as far as it is there.
  private func remember(_ message: IncompleteMessage?, _ known: Set<ContentDigest>) {
    guard let message,
      let digest = try? worker.digester.run(message.message, in: source).digest,
      !known.contains(digest)
    else { return }
    journal?.write(.incomplete(digest))
  }

  /// Names messages of the archive that are only a part of what the source has by now: nothing is
  /// removed.
  private func tellCompleted(
    _ known: Set<ContentDigest>, _ pool: ConvertPool, _ present: [StoredMessage],
    in target: any ReadableMailbox
  ) {
    guard failures == 0, !known.isEmpty else { return }
    let names = Set(known.flatMap { pool.converted($0) })
    for message in present where names.contains(message.source) {
      tell(
        .incomplete,
        "\(target.path(of: message)) is a message that was cut off when it was converted; its source "
          + "has no such message any more, so that the whole one is beside it: remove what you don't "
          + "want to keep")
    }
  }

  private func tell(_ kind: Notice.Kind, _ text: String) {
    context.collector.add(Notice(kind: kind, mailbox: place.name, text: text))
  }

  private func count(_ isPresent: Bool) {
    if isPresent { report.alreadyPresent += 1 } else { report.deletedByHand += 1 }
  }

  private func flags(of message: StoredMessage) -> Flags {
    var flags = message.flags
    flags.keywords.formUnion(worker.stray.keywords(of: message, in: place.name))
    return flags
  }

  private func fail(_ path: String, _ error: any Error) {
    failures += 1
    context.collector.add(
      MessageFailure(
        mailbox: place.name, uid: nil, file: path, reason: "\(error)",
        advice: "It is tried again when the same conversion is run again."))
  }

  private func failMailbox(_ error: any Error) {
    failures += 1
    context.missed.addUnknown()
    context.collector.add(
      MailboxFailure(mailbox: place.name, failure: Failure(error, scope: .mailbox)))
  }

  private func tellDamage() {
    context.collector.add(
      Notice(
        kind: .other, mailbox: place.name,
        text: "records of the journal were damaged; what they said is found out anew"))
  }
}

/// The archive can't have such a mailbox, and it is known what was to go there.
struct MailboxUnsuitable: Error {
  let cause: StoreError
}

/// What a worker uses for one mailbox after the other.
final class ConvertWorker {
  let content = CopyContent()
  let digester = DigestMessages()
  var stray: StrayKeywords

  init(stray: StrayKeywords) { self.stray = stray }
}

extension StoredMessage {
  /// Octets of the wire form, as far as a scan or the name tells.
  fileprivate var wireSize: Int64? { scanned?.wireSize ?? namedWireSize }
}

/// Octets of some messages together, if that can be told without reading them.
private func wireSize(of places: [Int], _ messages: [StoredMessage]) -> Int64? {
  var sum: Int64 = 0
  for place in places {
    guard let size = messages[place].wireSize else { return nil }
    sum += size
  }
  return sum
}
