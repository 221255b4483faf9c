import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Appends batches of messages to one mailbox: intents first, then bytes, then confirmations.
///
/// With UIDPLUS the next batch is on its way while the last is being stored; without it the UIDs of one
/// batch are found out before the next is begun.
final class AppendMessages {
  /// One command with the messages it carries.
  private struct Command {
    let tag: CommandTag
    let items: Range<Int>
  }

  private struct Sent {
    let batch: Int
    let messages: [OutgoingMessage]
    let commands: [Command]
    let began: MonotonicClock
  }

  private let connection: IMAPConnection
  private let journal: PushJournal
  private let raw: RawMailboxName
  private let uidValidity: UIDValidity
  private let side: ArchiveSide
  private let refusals: ResolveRefusals
  private let reporter: PushReporter

  /// The lowest UID that the next message can get.
  private(set) var uidNext: UInt32
  private(set) var collapsed = 0
  /// The longest that the server took for a batch, in seconds.
  private(set) var slowestBatch = 0.0
  private var bound: Set<UID>
  /// UIDs between those of what was appended: somebody else's messages may have them.
  private var arrivals: [ClosedRange<UInt32>] = []
  private let bindArrivals: BindArrivals
  /// Whether the server tells under which UIDs it keeps what it got.
  private var tellsUIDs: Bool
  private var streak = RefusalStreak()

  init(
    connection: IMAPConnection, journal: PushJournal, raw: RawMailboxName,
    observation: ObserveTarget.Observation, side: ArchiveSide, refusals: ResolveRefusals,
    bindArrivals: BindArrivals, reporter: PushReporter
  ) {
    self.connection = connection
    self.journal = journal
    self.raw = raw
    uidValidity = observation.uidValidity
    uidNext = observation.uidNext
    self.side = side
    self.refusals = refusals
    self.bindArrivals = bindArrivals
    self.reporter = reporter
    bound = Set(journal.record.entries.values.compactMap(\.uid))
    tellsUIDs = connection.capabilities.contains(.uidPlus)
  }

  private var hasMultiAppend: Bool { connection.capabilities.contains(.multiAppend) }

  /// Sends everything.
  ///
  /// - Throws: `ClientError` where the connection is gone, leaving intents open; a `Failure` of the
  ///   mailbox where the server takes nothing more; `StoreError`, `JournalError`.
  func run(_ batches: OutgoingBatches, window: inout AppendWindow) throws {
    var inFlight: [Sent] = []
    while true {
      if inFlight.isEmpty { try look(batches) }
      // What others put there meanwhile is looked at first, once nothing is under way any more.
      let depth = !arrivals.isEmpty ? 0 : tellsUIDs && window.mayPipeline ? 2 : 1
      while inFlight.count < depth {
        let batch = batches.take(atMost: window.limit)
        if batch.isEmpty { break }
        inFlight.append(try send(batch))
      }
      guard !inFlight.isEmpty else { return try endStreak() }
      let sent = inFlight.removeFirst()
      let outcome = try confirm(sent)
      guard !outcome.isClear else {
        window.appended()
        continue
      }
      // Nothing may be under way while it is found out what became of messages.
      var all = [(sent, outcome)]
      for sent in inFlight { all.append((sent, try confirm(sent))) }
      inFlight = []
      for (sent, outcome) in all { try bindUnbound(sent, outcome) }
      try resolve(all.map(\.1))
      if all.allSatisfy(\.1.refused.isEmpty) { window.appended() }
    }
  }

  /// Leaves out what others have put into the mailbox since it was looked at.
  private func look(_ batches: OutgoingBatches) throws {
    let uids = UIDSet(unsorted: arrivals).subtracting(UIDSet(bound))
    arrivals = []
    guard !uids.isEmpty else { return }
    let found = try bindArrivals.run(uids, toSend: batches.remaining)
    bound = Set(journal.record.entries.values.compactMap(\.uid))
    batches.leaveOut(found)
    reporter.report.alreadyPresent += found.count
  }

  // MARK: Sending

  private func send(_ batch: [OutgoingMessage]) throws -> Sent {
    let number = journal.record.lastBatch + 1
    let intents = Dictionary(uniqueKeysWithValues: batch.enumerated().map { ($0, $1.intent) })
    journal.append(
      IntentBatch(
        number: number, uidValidity: uidValidity, uidNext: uidNext, time: WallClock.now,
        open: intents), of: batch)
    try journal.flush()
    let began = MonotonicClock.now
    var commands: [Command] = []
    let groups = hasMultiAppend ? [0..<batch.count] : batch.indices.map { $0..<($0 + 1) }
    for items in groups {
      Checkpoint.pass("push: before an APPEND")
      commands.append(
        Command(
          tag: try connection.append(to: raw, batch[items].map(item)), items: items))
    }
    try connection.flush()
    Checkpoint.pass("push: after the last byte of a batch")
    return Sent(batch: number, messages: batch, commands: commands, began: began)
  }

  private func item(_ message: OutgoingMessage) -> AppendItem {
    message.item(side, takesNUL: connection.capabilities.contains(.binary))
  }

  // MARK: Confirming

  /// What became of a batch.
  private struct Outcome {
    var refused: [Refused] = []
    /// Items that the server has, without saying under which UIDs.
    var unbound: [Int] = []
    /// Whether anything of it was taken.
    var hasArrived = false
    var isClear: Bool { refused.isEmpty && unbound.isEmpty }
  }

  /// Waits for the end of a batch's commands and records what they brought.
  private func confirm(_ sent: Sent) throws -> Outcome {
    var outcome = Outcome()
    for command in sent.commands {
      do {
        let text = try connection.finish(command.tag, "APPEND")
        let uids = AppendUIDs(
          uidValidity: uidValidity, uidNext: uidNext, digestBoundTo: digest(boundTo:)
        ).run(text, of: sent.messages[command.items])
        outcome.hasArrived = true
        for place in outcome.refused.indices { outcome.refused[place].isPassed = true }
        for (place, item) in command.items.enumerated() {
          if let uids {
            confirm(sent.batch, sent.messages[item], item, uid: uids[place])
          } else {
            outcome.unbound.append(item)
          }
        }
      } catch let ClientError.refused(_, status, text) {
        outcome.refused.append(
          Refused(
            batch: sent.batch, items: command.items, messages: sent.messages, status: status,
            text: text))
      }
    }
    Checkpoint.pass("push: answered")
    if outcome.hasArrived { keep(streak.end()) }
    try journal.flush()
    slowestBatch = max(slowestBatch, MonotonicClock.now.seconds(since: sent.began))
    return outcome
  }

  /// Finds out the UIDs that the server did not tell.
  private func bindUnbound(_ sent: Sent, _ outcome: Outcome) throws {
    guard !outcome.unbound.isEmpty else { return }
    // From here on one batch at a time, so that what is found can only be this batch's.
    tellsUIDs = false
    _ = try bind(sent.batch, sent.messages, outcome.unbound, areThere: true)
  }

  private func digest(boundTo uid: UID) -> ContentDigest? {
    guard bound.contains(uid) else { return nil }
    return journal.record.entries.values.first { $0.uid == uid }?.digest
  }

  private func confirm(_ batch: Int, _ message: OutgoingMessage, _ item: Int, uid: UID) {
    let isTaken = !bound.insert(uid).inserted
    guard !isTaken else { return confirmCollapsed(batch, message, item, uid: uid) }
    if uid.value > uidNext { arrivals.append(uidNext...(uid.value - 1)) }
    uidNext = max(uidNext, uid.value &+ 1)
    record(batch, message, item, uid, .pushed)
  }

  /// The server keeps the message as one with its twin.
  private func confirmCollapsed(
    _ batch: Int, _ message: OutgoingMessage, _ item: Int, uid: UID? = nil
  ) {
    collapsed += 1
    record(batch, message, item, uid, .collapsed)
  }

  private func record(
    _ batch: Int, _ message: OutgoingMessage, _ item: Int, _ uid: UID?, _ origin: IndexEntry.Origin
  ) {
    let entry = IndexEntry(
      number: journal.record.lastEntry + 1, uid: uid, digest: message.original,
      headerKey: message.content.headerKey, size: message.content.size, origin: origin,
      flags: message.flags, isGone: false, source: message.source)
    journal.append(.confirmed(batch: batch, item: item, entry))
    reporter.appended(1, message.content.size)
    reporter.tell(message.notices)
  }

  /// Finds the UIDs of messages in what is new in the mailbox.
  ///
  /// - Parameters:
  ///   - batch: the batch's number.
  ///   - sent: all messages of the batch.
  ///   - items: the places in the batch of those that are looked for.
  ///   - areThere: whether the server said that it has them all; then one that can't be found was
  ///     merged with its twin, or is a failure. Else it did not arrive.
  /// - Returns: the items that did not arrive.
  /// - Throws: `ClientError`, `StoreError`, `JournalError`.
  private func bind(
    _ batch: Int, _ sent: [OutgoingMessage], _ items: [Int], areThere: Bool
  ) throws -> [Int] {
    var missing: [Int] = []
    // A batch that was sent after this one may have raised `uidNext` since.
    let first = journal.record.batches[batch]?.uidNext ?? uidNext
    let found = try FindAppended(
      connection: connection, raw: raw, journal: journal, side: side
    ).run(items.map { sent[$0] }, from: first, excluding: bound, areThere: areThere)
    for (place, item) in items.enumerated() {
      if let uid = found[place] {
        confirm(batch, sent[item], item, uid: uid)
      } else if areThere, journal.record.hasTwin(of: sent[item].original) {
        confirmCollapsed(batch, sent[item], item)
      } else if areThere {
        unseen(batch, sent[item], item)
      } else {
        journal.append(.void(batch: batch, item: item))
        missing.append(item)
      }
    }
    try journal.flush()
    return missing
  }

  /// It may come to light later, and so is not sent again unless that is asked for.
  private func unseen(_ batch: Int, _ message: OutgoingMessage, _ item: Int) {
    journal.append(.void(batch: batch, item: item))
    journal.append(.refused(message.original, reason: PushReporter.unseen))
    reporter.tell(message.notices)
    reporter.refused(side.path(of: side.messages[message.place]), PushReporter.unseen)
  }

  // MARK: Refusals

  /// Finds out what of refused commands the server kept all the same, and sends the rest in smaller
  /// parts until it is known which message is meant.
  private func resolve(_ outcomes: [Outcome]) throws {
    var work = try outcomes.enumerated().flatMap { place, outcome in
      try judged(outcome, isPassed: outcomes[(place + 1)...].contains(where: \.hasArrived))
    }
    while !work.isEmpty {
      switch work.removeFirst() {
      case .judge(let messages, let refused):
        for part in try refusals.parts(of: messages, refused.status, refused.text).reversed() {
          switch part {
          case .send(let messages): work.insert(.send(messages), at: 0)
          case .refuse(let message, let reason, let hasCode):
            if hasCode || refused.isPassed {
              keep([.init(message: message, reason: reason)])
            } else {
              try hold(message, reason, &work)
            }
            try journal.flush()
          }
        }
      case .send(let messages):
        guard !messages.isEmpty, try !isThere(messages) else { continue }
        let sent = try send(messages)
        let outcome = try confirm(sent)
        try bindUnbound(sent, outcome)
        work = try judged(outcome, isPassed: false) + work
      }
    }
  }

  /// What of a batch has to be sent again; none of it is on its way any more.
  private func judged(_ outcome: Outcome, isPassed: Bool) throws -> [Work] {
    try outcome.refused.map { command in
      var refused = command
      refused.isPassed = command.isPassed || isPassed
      let rest = try bind(
        refused.batch, refused.messages, Array(refused.items), areThere: false)
      return .judge(rest.map { refused.messages[$0] }, refused)
    }
  }

  /// Whether that is a mended copy which an earlier run sent that nobody remembers.
  private func isThere(_ messages: [OutgoingMessage]) throws -> Bool {
    guard messages.count == 1, let copy = messages[0].mended?.copy else { return false }
    let alike = refusals.mender.alike(copy)
    guard !alike.isEmpty else { return false }
    let found = try bindArrivals.run(alike, toSend: [messages[0].place])
    reporter.report.alreadyPresent += found.count
    return !found.isEmpty
  }

  /// Holds a refusal back; after some in a row the last message of the queue shows whether the server
  /// takes anything at all.
  private func hold(_ message: OutgoingMessage, _ reason: String, _ work: inout [Work]) throws {
    keep(streak.add(message, reason))
    if streak.isGeneral { try endStreak() }
    guard streak.isSuspicious, !streak.isProbing else { return }
    guard let place = work.lastIndex(where: { !$0.messages.isEmpty }),
      let probe = work[place].messages.last
    else { return }
    work[place].removeLast()
    work.insert(.send([probe]), at: 0)
    streak.probe()
  }

  /// Records what was refused for the messages' own sake.
  private func keep(_ refusals: [RefusalStreak.Held]) {
    for one in refusals {
      for event in one.message.refusals(one.reason) { journal.append(event) }
      reporter.tell(one.message.notices)
      reporter.refused(
        side.path(of: side.messages[one.message.place]), one.message.words(one.reason))
    }
  }

  /// Nothing came through after the last refusals: a few are the messages' own, more are not believed
  /// to be, and are tried again by the next run.
  private func endStreak() throws {
    guard streak.isSuspicious, let reason = streak.held.last?.reason else {
      keep(streak.end())
      return try journal.flush()
    }
    for one in streak.held {
      let path = side.path(of: side.messages[one.message.place])
      reporter.tell(one.message.notices)
      reporter.fail(path, "the server refused it: \(one.reason)", advice: nil)
    }
    throw Failure(
      scope: .mailbox, cause: .refused,
      summary: "the server refuses one message after the other: \(reason)",
      advice: "If it is the server that is in trouble, run the same command again once it is well.",
      retryable: true)
  }
}

extension PushRecord {
  /// Whether the target has a message of this content, and it is known which one.
  func hasTwin(of digest: ContentDigest) -> Bool {
    entries.values.contains { $0.digest == digest && $0.uid != nil && !$0.isGone }
  }
}
