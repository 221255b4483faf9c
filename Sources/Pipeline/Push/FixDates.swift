import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores
import Synchronization

/// Replaces messages of the archive that have another internal date on the target (`--fix-dates`).
///
/// A new copy is appended with the right date, and only when it is there with that date the old one is
/// removed: at no moment are there fewer copies than before. What a run left half done the next one ends
/// before it begins anything.
struct FixDates {
  /// In one batch, once it was seen that the server takes dates.
  private static let mostAtOnce = 100
  /// So many refused in a row are not the messages' own fault.
  private static let mostRefusals = 3

  let connection: IMAPConnection
  let raw: RawMailboxName
  let journal: PushJournal
  let side: ArchiveSide
  let reporter: PushReporter
  let hopeless: HopelessDates
  let uidValidity: UIDValidity

  /// A message with another date than in the archive.
  struct Wrong {
    let place: Int
    let entry: IndexEntry
    let date: InternalDate
    let dateThere: InternalDate
  }

  /// Shows what would be replaced.
  ///
  /// - Parameter pairs: places of messages of the archive with the entries that stand for them.
  /// - Throws: `ClientError`, `StoreError`.
  func announce(_ pairs: [Int: Int]) throws {
    for wrong in try find(pairs) {
      reporter.report.datesFixed += 1
      reporter.planned(
        .fixDate, messages: 1, uid: wrong.entry.uid,
        file: side.path(of: side.messages[wrong.place]),
        detail: "\(wrong.dateThere), in the archive \(wrong.date)")
    }
  }

  /// Replaces; the mailbox is open before and afterwards.
  ///
  /// - Parameters:
  ///   - pairs: as the index has them when it is asked.
  ///   - window: how many messages go out at a time.
  /// - Throws: `ClientError` where the connection is gone; `StoreError`, `JournalError`.
  func run(_ pairs: () -> [Int: Int], window: inout AppendWindow) throws {
    guard try finish(madeNow: false) else { return }
    var rest = try find(pairs())[...]
    // The first one shows whether the server keeps dates at all.
    var most = 1
    var refusals = 0
    while !rest.isEmpty, !hopeless.isNoted, refusals < Self.mostRefusals {
      let batch = Array(rest.prefix(min(most, window.limit)))
      rest = rest.dropFirst(batch.count)
      let copies = try ReplaceCopies(
        connection: connection, raw: raw, journal: journal, side: side, reporter: reporter,
        uidValidity: uidValidity
      ).run(batch)
      guard try finish(madeNow: true), !copies.isHopeless else { return }
      if copies.refused == batch.count {
        refusals += 1
      } else {
        refusals = 0
        most = Self.mostAtOnce
        window.appended()
      }
    }
  }

  // MARK: Finding

  private func find(_ pairs: [Int: Int]) throws -> [Wrong] {
    let record = journal.record
    var expected: [UID: (place: Int, entry: IndexEntry, date: InternalDate)] = [:]
    for (place, number) in pairs {
      guard let entry = record.entries[number], let uid = entry.uid, !entry.isGone,
        entry.origin != .collapsed, entry.origin != .other, !record.removing.contains(number),
        record.refused[side.messages[place].digest] == nil
      else { continue }
      let message = side.messages[place]
      let date = try side.mailboxes[message.mailbox].internalDate(of: message.stored)
      expected[uid] = (place, entry, date)
    }
    let dates = try DatesThere(connection: connection).run(UIDSet(expected.keys))
    var wrong: [Wrong] = []
    var (odd, marked): ([String], [String]) = ([], [])
    for (uid, expected) in expected {
      guard let there = dates[uid], there.date != expected.date else { continue }
      if !Self.isOrdinary(expected.date) {
        odd.append(expected.entry.source)
      } else if there.isMarked {
        marked.append(side.path(of: side.messages[expected.place]))
      } else {
        wrong.append(
          Wrong(
            place: expected.place, entry: expected.entry, date: expected.date,
            dateThere: there.date))
      }
    }
    reporter.dateStays(marked.sorted(), "is marked as deleted", "are marked as deleted")
    if !odd.isEmpty {
      reporter.notice(
        .datesNotKept,
        Counted.messages(odd.count) + " with a date before 1970 or in the future "
          + Counted.word(odd.count, "has", "have")
          + " another one on the target, which few servers do better, and "
          + Counted.word(odd.count, "is", "are") + " left as "
          + Counted.word(odd.count, "it is", "they are") + ": " + Counted.list(odd.sorted()))
    }
    return wrong.sorted { $0.place < $1.place }
  }

  private static func isOrdinary(_ date: InternalDate) -> Bool {
    (1...WallClock.now).contains(date.epochSeconds)
  }

  // MARK: Finishing

  /// Removes one of each two copies, the new ones of which this run made or an earlier one: the old one
  /// if the new one has its date, else the new one.
  ///
  /// - Returns: whether there is one copy of each now, and the server keeps dates.
  private func finish(madeNow: Bool) throws -> Bool {
    let pending = journal.record.replacements.sorted { $0.key < $1.key }
    guard !pending.isEmpty else { return true }
    if !connection.isSelected(raw) { _ = try connection.select(raw) }
    var recorded: [UID: IndexEntry] = [:]
    for number in pending.flatMap({ [$0.key, $0.value.entry] }) {
      guard let entry = journal.record.entries[number], let uid = entry.uid else { continue }
      recorded[uid] = entry
    }
    let look = look()
    let found = try look.run(recorded).values
    let flags = Dictionary(
      found.map { ($0.entry.number, $0.flags) }, uniquingKeysWith: { first, _ in first })
    let there = Set(flags.keys)
    // By others: what mailarc itself marked is to go.
    let marked = Set(flags.filter { $0.value.system.contains(.deleted) }.keys)
      .subtracting(journal.record.removing)
    let dates = try DatesThere(connection: connection).run(UIDSet(recorded.keys))
    var old: [Int] = []
    var new: [Int] = []
    var behind: [UID: Flags] = [:]
    for (number, copy) in pending where there.isSuperset(of: [number, copy.entry]) {
      func date(_ number: Int) -> InternalDate? {
        journal.record.entries[number]?.uid.flatMap { dates[$0]?.date }
      }
      // Who saw two and threw the new one away is to keep the old one.
      let isUnwanted = marked.contains(number) && !marked.contains(copy.entry)
      if date(number) == copy.date, !isUnwanted {
        old.append(copy.entry)
        if let uid = journal.record.entries[number]?.uid, let before = flags[copy.entry] {
          behind[uid] = before.subtracting(flags[number] ?? Flags())
        }
      } else {
        new.append(number)
        if isUnwanted { continue }
        // Where the UIDs were given anew, the old one may be under the new one's entry.
        guard date(copy.entry) != copy.date else { continue }
        tellWrong(number, date(number), copy.date)
        hopeless.note()
      }
    }
    // Later the archive's flags, which go to the new ones alone, may be another reason.
    if madeNow { try catchUp(behind) }
    let removal = RemoveMessages(connection: connection, raw: raw, journal: journal, look: look)
    let refusal = try removal.run(old + new).refusal
    reporter.report.datesFixed += old.count { journal.record.entries[$0] == nil }
    let left = journal.record.replacements.count
    if left > 0 {
      reporter.doubled(left, because: refusal.map { "the server refused to remove one: \($0)" })
    }
    return left == 0
  }

  /// Sets on new copies what was set on the old ones since they were made.
  private func catchUp(_ behind: [UID: Flags]) throws(ClientError) {
    for (flags, messages) in Dictionary(grouping: behind, by: \.value) {
      var flags = flags
      flags.system.remove(.deleted)
      guard !flags.isEmpty else { continue }
      for chunk in UIDSet(messages.map(\.key)).chunks(ofAtMost: 1000, ranges: 100) {
        do throws(ClientError) {
          try connection.run(
            .uidStore(.set(chunk), .add, flags, unchangedSince: nil, silent: true), "STORE")
        } catch {
          // A server that does not take them had not taken them with the copy either.
          guard case .refused = error else { throw error }
        }
      }
    }
  }

  /// What mailarc did not append, or not for sure, is known by its content alone.
  private func look() -> StillThere {
    StillThere(
      connection: connection, record: journal.record,
      readsContent: { [journal] in !journal.record.isOwn($0) },
      tolerated: { [side] in try side.tolerated($0.source, passesTrace: false) })
  }

  private func tellWrong(_ number: Int, _ date: InternalDate?, _ wanted: InternalDate) {
    let source = journal.record.entries[number]?.source ?? ""
    reporter.fail(
      side.path(ofSource: source),
      "its date could not be fixed: the server was told \(wanted) and took "
        + (date.map { "\($0)" } ?? "none") + "; the old copy stays",
      advice: "This server does not take the dates that it is told, and nothing more was tried.")
  }
}

/// Whether it turned out that the target gives messages other dates than it is told.
final class HopelessDates: Sendable {
  private let noted = Mutex(false)

  var isNoted: Bool { noted.withLock { $0 } }

  func note() { noted.withLock { $0 = true } }
}

/// Asks the selected mailbox for internal dates.
struct DatesThere {
  struct Answer {
    let date: InternalDate
    /// Whether the message is marked as deleted.
    let isMarked: Bool
  }

  let connection: IMAPConnection

  /// The dates of those messages that are there and have one that can be read.
  func run(_ uids: UIDSet) throws(ClientError) -> [UID: Answer] {
    var found: [UID: Answer] = [:]
    for chunk in uids.chunks(ofAtMost: 1000, ranges: 100) {
      try connection.fetch(.set(chunk), [.uid, .flags, .internalDate]) { event in
        guard case .fetch(let response) = event, let uid = response.uid, uids.contains(uid),
          let date = response.internalDate
        else { return }
        found[uid] = Answer(
          date: date, isMarked: response.flags?.system.contains(.deleted) == true)
      }
    }
    return found
  }
}
