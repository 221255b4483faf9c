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

  let connection: IMAPConnection
  let journal: PushJournal
  let raw: RawMailboxName
  let uidValidity: UIDValidity
  let mailboxes: [MaildirMailbox]
  let messages: [ArchiveMessage]
  let scratch: WireScratch
  /// What to do when the server refuses.
  let refusals: ResolveRefusals
  /// Called when messages are on the target for good, with their octets.
  let onAppended: (Int, Int64) -> Void

  /// The lowest UID that the next message can get.
  private(set) var uidNext: UInt32
  private(set) var collapsed = 0
  private var bound: Set<UID>

  init(
    connection: IMAPConnection, journal: PushJournal, raw: RawMailboxName,
    observation: ObserveTarget.Observation, mailboxes: [MaildirMailbox],
    messages: [ArchiveMessage], scratch: WireScratch, refusals: ResolveRefusals,
    onAppended: @escaping (Int, Int64) -> Void
  ) {
    self.connection = connection
    self.journal = journal
    self.raw = raw
    uidValidity = observation.uidValidity
    uidNext = observation.uidNext
    self.mailboxes = mailboxes
    self.messages = messages
    self.scratch = scratch
    self.refusals = refusals
    self.onAppended = onAppended
    bound = Set(journal.record.entries.values.compactMap(\.uid))
  }

  private var hasUIDPlus: Bool { connection.capabilities.contains(.uidPlus) }
  private var hasMultiAppend: Bool { connection.capabilities.contains(.multiAppend) }

  /// Sends everything.
  ///
  /// - Throws: `ClientError` where the connection is gone, leaving intents open; a `Failure` of the
  ///   mailbox where the server takes nothing more; `StoreError`, `JournalError`.
  func run(_ batches: OutgoingBatches) throws {
    var inFlight: [Sent] = []
    let depth = hasUIDPlus ? 2 : 1
    while true {
      while inFlight.count < depth {
        let batch = batches.take()
        if batch.isEmpty { break }
        inFlight.append(try send(batch))
      }
      guard !inFlight.isEmpty else { return }
      let refused = try confirm(inFlight.removeFirst())
      guard !refused.isEmpty else { continue }
      // Nothing may be under way while it is found out what a refused command left behind.
      var all = refused
      for sent in inFlight { all += try confirm(sent) }
      inFlight = []
      for command in all { try resolve(command) }
    }
  }

  // MARK: Sending

  private func send(_ batch: [OutgoingMessage]) throws -> Sent {
    let number = journal.record.lastBatch + 1
    let intents = Dictionary(uniqueKeysWithValues: batch.enumerated().map { ($0, $1.intent) })
    journal.append(
      .batch(
        IntentBatch(
          number: number, uidValidity: uidValidity, uidNext: uidNext, time: WallClock.now,
          open: intents)))
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
    let stored = messages[message.place].stored
    let mailbox = mailboxes[messages[message.place].mailbox]
    let scratch = scratch
    return AppendItem(
      flags: message.flags, internalDate: message.internalDate,
      size: UInt64(message.content.size),
      isLiteral8: message.content.hasNUL && connection.capabilities.contains(.binary),
      write: { body in
        try WireMessage(stored, in: mailbox, scratch: scratch).forEachChunk(body)
      })
  }

  // MARK: Confirming

  /// A command that ended with NO or BAD.
  struct Refused {
    let batch: Int
    let items: Range<Int>
    let messages: [OutgoingMessage]
    let status: CompletionStatus
    let text: ResponseText
  }

  /// Waits for the end of a batch's commands and records what they brought.
  private func confirm(_ sent: Sent) throws -> [Refused] {
    var refused: [Refused] = []
    var unbound: [Int] = []
    for command in sent.commands {
      do {
        let text = try connection.finish(command.tag, "APPEND")
        let uids = self.uids(text, count: command.items.count)
        for (place, item) in command.items.enumerated() {
          if let uids {
            confirm(sent.batch, sent.messages[item], item, uid: uids[place])
          } else {
            unbound.append(item)
          }
        }
      } catch let ClientError.refused(_, status, text) {
        refused.append(
          Refused(
            batch: sent.batch, items: command.items, messages: sent.messages, status: status,
            text: text))
      }
    }
    Checkpoint.pass("push: answered")
    if !unbound.isEmpty {
      _ = try bind(sent.batch, sent.messages, unbound, areThere: true)
    }
    try journal.flush()
    refusals.slowestBatch = max(
      refusals.slowestBatch, MonotonicClock.now.seconds(since: sent.began))
    return refused
  }

  /// The UIDs that the server says it gave; nil where it does not, or where they can't be right.
  private func uids(_ text: ResponseText, count: Int) -> [UID]? {
    guard case .appendUID(uidValidity, let list) = text.code, list.count == count else {
      return nil
    }
    return Array(list)
  }

  private func confirm(_ batch: Int, _ message: OutgoingMessage, _ item: Int, uid: UID?) {
    let isTaken = uid.map { !bound.insert($0).inserted } ?? false
    if isTaken { collapsed += 1 }
    if let uid, !isTaken { uidNext = max(uidNext, uid.value &+ 1) }
    let entry = IndexEntry(
      number: journal.record.lastEntry + 1, uid: uid, digest: message.content.digest,
      headerKey: message.content.headerKey, size: message.content.size,
      origin: isTaken ? .collapsed : .pushed, flags: message.flags, isGone: false,
      source: message.source)
    journal.append(.confirmed(batch: batch, item: item, entry))
    onAppended(1, message.content.size)
  }

  /// Finds the UIDs of messages in what is new in the mailbox.
  ///
  /// - Parameter areThere: whether the server said that it has them all; then one that can't be found
  ///   is recorded without a UID, else as not arrived.
  /// - Returns: the items that did not arrive.
  private func bind(
    _ batch: Int, _ sent: [OutgoingMessage], _ items: [Int], areThere: Bool
  ) throws -> [Int] {
    var missing: [Int] = []
    let mailbox = FindAppended(connection: connection, raw: raw)
    let found = try mailbox.run(
      items.map { sent[$0] }, from: uidNext, excluding: bound,
      tolerated: { [digester = refusals.digester] message in
        let stored = self.messages[message.place]
        return try digester.tolerated(stored.stored, in: self.mailboxes[stored.mailbox])
      })
    for (place, item) in items.enumerated() {
      if let uid = found[place] {
        confirm(batch, sent[item], item, uid: uid)
      } else if areThere {
        confirm(batch, sent[item], item, uid: nil)
      } else {
        journal.append(.void(batch: batch, item: item))
        missing.append(item)
      }
    }
    try journal.flush()
    return missing
  }

  // MARK: Refusals

  /// Finds out what of a refused command the server kept all the same, and sends the rest in smaller
  /// parts until it is known which message is meant.
  private func resolve(_ refused: Refused) throws {
    let rest = try bind(
      refused.batch, refused.messages, Array(refused.items), areThere: false
    ).map { refused.messages[$0] }
    for part in try refusals.parts(of: rest, refused.status, refused.text) {
      switch part {
      case .send(let messages):
        for again in try confirm(send(messages)) { try resolve(again) }
      case .refuse(let message, let reason):
        journal.append(.refused(message.content.digest, reason: reason))
        try journal.flush()
        refusals.onRefused(message, reason)
      }
    }
  }
}
