import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Appends new copies of messages that are on the target with another internal date.
///
/// What a copy is to replace stands in its intent, so that after a kill nobody takes the two for twins.
struct ReplaceCopies {
  /// How it went.
  struct Outcome {
    /// How many copies the server refused for their own sake, as far as can be told.
    var refused = 0
    /// Whether there is no use in going on.
    var isHopeless = false
  }

  /// A copy that is about to be made.
  private struct Copy {
    let wrong: FixDates.Wrong
    let message: OutgoingMessage
    /// Those that the old copy has on the target.
    let flags: Flags
  }

  let connection: IMAPConnection
  let raw: RawMailboxName
  let journal: PushJournal
  let side: ArchiveSide
  let reporter: PushReporter
  let uidValidity: UIDValidity

  /// Appends; the mailbox is open before and afterwards.
  ///
  /// - Parameter wrong: what is to be replaced.
  /// - Returns: how it went; what arrived is in the index along with the old copies.
  /// - Throws: `ClientError` where the connection is gone, leaving intents open; `StoreError`,
  ///   `JournalError`.
  func run(_ wrong: [FixDates.Wrong]) throws -> Outcome {
    let copies = try prepare(wrong)
    guard !copies.isEmpty else { return Outcome() }
    let (selected, present) = try ListMessages(
      connection: connection, raw: raw, readOnly: false
    ).run()
    guard selected.uidValidity == uidValidity else { return Outcome(isHopeless: true) }
    let uidNext = selected.uidNext?.value ?? (present.last?.value ?? 0) &+ 1
    // Some servers lose mail that is appended to the open mailbox.
    if !connection.keepsMailForOpenMailbox { try connection.leaveMailbox() }
    let batch = journal.record.lastBatch + 1
    let all = copies.enumerated()
    journal.append(
      IntentBatch(
        number: batch, uidValidity: uidValidity, uidNext: uidNext, time: WallClock.now,
        open: Dictionary(uniqueKeysWithValues: all.map { ($0, $1.message.intent) }),
        replaced: Dictionary(
          uniqueKeysWithValues: all.map {
            ($0, ReplacedCopy(entry: $1.wrong.entry.number, date: $1.wrong.date))
          })), of: copies.map(\.message))
    try journal.flush()
    var outcome = Outcome()
    let unbound = try send(copies, batch, uidNext, &outcome)
    if !connection.isSelected(raw) { _ = try connection.select(raw) }
    if !unbound.isEmpty { try find(unbound, copies, batch, uidNext) }
    try journal.flush()
    return outcome
  }

  // MARK: Preparing

  /// Reads the messages, and sees that what is to be replaced is there and the same.
  private func prepare(_ wrong: [FixDates.Wrong]) throws -> [Copy] {
    var recorded: [UID: IndexEntry] = [:]
    for one in wrong { if let uid = one.entry.uid { recorded[uid] = one.entry } }
    let there = try StillThere(
      connection: connection, record: journal.record,
      readsContent: { [journal] in !journal.record.isOwn($0) },
      tolerated: { [side] in try side.tolerated($0.source, passesTrace: false) }
    ).run(recorded)
    var copies: [Copy] = []
    var (different, marked, altered): ([String], [String], [String]) = ([], [], [])
    for one in wrong {
      let path = side.path(of: side.messages[one.place])
      guard let found = one.entry.uid.flatMap({ there[$0] }) else {
        different.append(path)
        continue
      }
      guard !found.flags.system.contains(.deleted) else {
        marked.append(path)
        continue
      }
      guard let message = try message(one) else { continue }
      if found.isAltered { altered.append(path) }
      copies.append(Copy(wrong: one, message: message, flags: found.flags))
    }
    reporter.dateStays(
      different, "is not what the archive has, by its content",
      "are not what the archive has, by their content")
    reporter.dateStays(marked, "is marked as deleted", "are marked as deleted")
    reporter.dateDiffers(
      altered, "differs", "differ",
      " from the archive's only as servers alter mail; it is replaced by what the archive has")
    return copies
  }

  /// The message as it is sent; nil if the archive has it no longer, or the server can't take it.
  private func message(_ wrong: FixDates.Wrong) throws -> OutgoingMessage? {
    let message = side.messages[wrong.place]
    var content = try side.digester.run(message.stored, in: side.mailboxes[message.mailbox])
    // Edited since it was looked at: the next run sends it.
    guard content.digest == wrong.entry.digest else { return nil }
    let mended = journal.record.copy(of: wrong.entry)
    if let mended {
      content = try side.digester.run(side.mended(wrong.place, Set(mended.mends.keys)))
    }
    if let largest = connection.capabilities.appendLimit, content.size > largest {
      reporter.fail(
        side.path(of: message), "\(TooLarge(size: content.size, largest: largest))", advice: nil)
      return nil
    }
    // What was set on the target since the archive's flags went there must not seem to come from there.
    return OutgoingMessage(
      place: wrong.place, content: content, flags: wrong.entry.flags, internalDate: wrong.date,
      source: message.source, mended: mended.map { .init(copy: $0, tried: []) })
  }

  // MARK: Sending

  /// - Returns: the places of copies of which it is not known under which UID they are, with whether
  ///   the server said that it took them.
  private func send(
    _ copies: [Copy], _ batch: Int, _ uidNext: UInt32, _ outcome: inout Outcome
  ) throws -> [Int: Bool] {
    var tags: [CommandTag] = []
    for copy in copies {
      Checkpoint.pass("push: before an APPEND")
      tags.append(try connection.append(to: raw, [item(copy)]))
    }
    try connection.flush()
    Checkpoint.pass("push: after the last byte of a batch")
    var unbound: [Int: Bool] = [:]
    var least = uidNext
    for (place, tag) in tags.enumerated() {
      let message = copies[place].message
      do {
        let text = try connection.finish(tag, "APPEND")
        let uids = AppendUIDs(
          uidValidity: uidValidity, uidNext: least, digestBoundTo: { digest(boundTo: $0) }
        ).run(text, of: [message])
        guard let uid = uids?.first else {
          unbound[place] = true
          continue
        }
        if digest(boundTo: uid) != nil {
          merged(batch, place, message)
          outcome.isHopeless = true
          continue
        }
        least = uid.value &+ 1
        confirm(batch, place, message, uid)
      } catch {
        guard case .refused(_, _, let text) = error else { throw error }
        unbound[place] = false
        outcome.refused += 1
        outcome.isHopeless = outcome.isHopeless || text.code.map(concernsMailbox) == true
        reporter.fail(
          side.path(of: side.messages[message.place]),
          "its date could not be fixed: the server refused the new copy: \(text.text)", advice: nil)
      }
    }
    Checkpoint.pass("push: answered")
    try journal.flush()
    return unbound
  }

  private func concernsMailbox(_ code: ResponseCode) -> Bool {
    switch code {
    case .overQuota, .noPerm, .readOnly, .tryCreate, .nonExistent: true
    default: code.isTemporary
    }
  }

  private func item(_ copy: Copy) -> AppendItem {
    var message = copy.message
    message.flags = copy.flags
    return message.item(side, takesNUL: connection.capabilities.contains(.binary))
  }

  private func digest(boundTo uid: UID) -> ContentDigest? {
    journal.record.entries.values.first { $0.uid == uid }?.digest
  }

  /// What the server did not tell, or took in part, is looked for.
  private func find(
    _ unbound: [Int: Bool], _ copies: [Copy], _ batch: Int, _ uidNext: UInt32
  ) throws {
    let bound = Set(journal.record.entries.values.compactMap(\.uid))
    let places = unbound.keys.sorted()
    let found = try FindAppended(
      connection: connection, raw: raw, journal: journal, side: side
    ).run(
      places.map { copies[$0].message }, from: uidNext, excluding: bound,
      areThere: unbound.values.allSatisfy { $0 })
    for (place, uid) in zip(places, found) {
      let message = copies[place].message
      if let uid {
        confirm(batch, place, message, uid)
      } else {
        journal.append(.void(batch: batch, item: place))
        if unbound[place] == true {
          reporter.fail(
            side.path(of: side.messages[message.place]),
            "its date could not be fixed: " + PushReporter.unseen, advice: nil)
        }
      }
    }
  }

  private func confirm(_ batch: Int, _ place: Int, _ message: OutgoingMessage, _ uid: UID) {
    journal.append(
      .confirmed(
        batch: batch, item: place,
        IndexEntry(
          number: journal.record.lastEntry + 1, uid: uid, digest: message.original,
          headerKey: message.content.headerKey, size: message.content.size, origin: .pushed,
          flags: message.flags, isGone: false, source: message.source)))
  }

  private func merged(_ batch: Int, _ place: Int, _ message: OutgoingMessage) {
    journal.append(.void(batch: batch, item: place))
    reporter.fail(
      side.path(of: side.messages[message.place]),
      "its date could not be fixed: the server keeps equal messages as one", advice: nil)
  }
}

extension PushReporter {
  /// Messages have another date on the target, and it is left so.
  func dateStays(_ files: [String], _ one: String, _ many: String) {
    dateDiffers(files, one, many, ", so that the old date stays")
  }

  fileprivate func dateDiffers(
    _ files: [String], _ one: String, _ many: String, _ rest: String
  ) {
    guard !files.isEmpty else { return }
    notice(
      .other,
      Counted.messages(files.count) + " with another date on the target "
        + Counted.word(files.count, one, many) + rest + ": " + Counted.list(files))
  }
}
