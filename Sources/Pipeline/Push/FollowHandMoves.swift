import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Moves on the target what was moved in the archive, by hand or after the source, where the server has
/// MOVE (RFC 6851), so that it need not be sent again.
///
/// Only what mailarc itself pushed is moved, and only by UID. A run that is killed between the move and
/// its record is no harm: the next one finds the message by content. But the server may still be at it
/// then, and two moves of one message at a time leave two: that a move was begun is recorded before.
///
/// Runs on one thread, before the mailboxes are shared out.
struct FollowHandMoves {
  /// UIDs in one command.
  private static let mostAtOnce = 1000

  let context: PushContext
  let tree: ServerTree
  let server: AccountConnection
  let connection: IMAPConnection

  /// A mailbox of the target with what its index and its side of the archive hold.
  private struct Place {
    var target: PushTarget
    let journal: PushJournal
    /// The archive's files that belong there.
    let files: FindHandMoves.Side
  }

  /// Moves.
  ///
  /// - Parameter targets: get what was moved to them, also where it throws.
  /// - Throws: `ClientError`, `StoreError`, `JournalError`.
  func run(_ targets: inout [PushTarget]) throws {
    guard connection.capabilities.contains(.move), targets.count > 1,
      targets.contains(where: { context.states[context.key(of: $0.name).hex] != nil })
    else { return }
    var places = try targets.map(place)
    defer { targets = places.map(\.target) }
    if !context.options.dryRun { try endOpenMoves(places) }
    let found = try FindHandMoves(pulled: context.pulled, digester: DigestMessages()).run(
      places.map(\.files))
    let moves = Dictionary(grouping: found) { [$0.source, $0.destination] }
    for (pair, moves) in moves.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      do {
        try carryOut(moves, pair[0], pair[1], &places)
      } catch ClientError.refused(let command, _, let text) {
        // Then they are sent, and the old ones stay.
        context.collector.add(
          Notice(
            kind: .other, mailbox: places[pair[0]].target.name,
            text: "what was moved in the archive could not be moved: \(command) was refused: "
              + text.text))
      }
    }
    if !context.options.dryRun { try connection.leaveMailbox() }
  }

  /// Waits for moves that were begun on a connection that is gone.
  private func endOpenMoves(_ places: [Place]) throws {
    for place in places {
      guard let move = place.journal.record.openMove else { continue }
      if let raw = tree.raw(for: move.destination, usesUTF8: connection.session.usesUTF8Names) {
        try WaitForQuiet(
          raw: raw, leastSeconds: context.options.settleSeconds,
          begun: [.init(time: move.time, octets: move.octets)]
        ).run(server)
      }
      try end(place.journal)
    }
  }

  private func place(_ target: PushTarget) throws -> Place {
    let journal = try PushJournal(
      in: context.directory, key: context.key(of: target.name).hex, mailbox: target.name,
      readOnly: context.options.dryRun)
    let mailboxes = try ArchiveSide(target.sources, in: context.source.mail).mailboxes
    return Place(
      target: target, journal: journal,
      files: try FindHandMoves.Side(record: journal.record, mailboxes: mailboxes))
  }

  private func carryOut(
    _ moves: [FindHandMoves.Move], _ source: Int, _ destination: Int, _ places: inout [Place]
  ) throws {
    let from = places[source]
    let to = places[destination].target
    if context.options.dryRun {
      context.observer.planned(
        PlannedChange(
          action: .move, mailbox: from.target.name, destination: to.name, messages: moves.count))
      let files = Set(moves.flatMap { [$0.entry.source, $0.file] })
      places[source].target.wouldMove.formUnion(files)
      places[destination].target.wouldMove.formUnion(files)
      places[destination].target.moved += moves.count
      return
    }
    let usesUTF8 = connection.session.usesUTF8Names
    guard let old = tree.raw(for: from.target.name, usesUTF8: usesUTF8),
      let new = tree.raw(for: to.name, usesUTF8: usesUTF8)
    else { return }
    if to.existing == nil {
      try PrepareMailbox(connection: connection, tree: tree, target: to, raw: new).create()
      places[destination].target.existing = ServerMailbox(
        name: to.name, raw: new, specialUses: [], isSubscribed: false, isSelectable: true,
        status: nil)
    }
    let (selected, present) = try ListMessages(
      connection: connection, raw: old, readOnly: false
    ).run()
    guard selected.uidValidity == from.journal.record.uidValidity else { return }
    let recorded = Dictionary(
      moves.compactMap { move in move.entry.uid.map { ($0, move.arriving) } },
      uniquingKeysWith: { first, _ in first })
    let byUID = try StillThere(connection: connection, record: from.journal.record).run(
      recorded.filter { present.contains($0.key) }
    ).mapValues(\.entry)
    guard !byUID.isEmpty else { return }
    try tell(places[destination].journal, byUID.values, from.journal.record)
    from.journal.append(
      .moving(
        IntendedMove(
          time: WallClock.now, octets: byUID.values.reduce(0) { $0 + $1.size },
          destination: to.name)))
    try from.journal.flush()
    do {
      try move(byUID, from.journal, to: new, places[destination].journal) {
        places[destination].target.moved += $0
      }
    } catch ClientError.refused(let command, let status, let text) {
      try end(from.journal)
      throw ClientError.refused(command: command, status, text)
    }
    try end(from.journal)
  }

  /// Of a mended copy the other mailbox has to know what was sent, before it comes there.
  private func tell(
    _ journal: PushJournal, _ entries: some Sequence<IndexEntry>, _ record: PushRecord
  ) throws(JournalError) {
    for entry in entries {
      for copy in entry.digest.map(record.copies) ?? [] { journal.append(.mended(copy)) }
    }
    try journal.flush()
  }

  private func end(_ journal: PushJournal) throws(JournalError) {
    journal.append(.moved)
    try journal.flush()
  }

  private func move(
    _ byUID: [UID: IndexEntry], _ source: PushJournal, to raw: RawMailboxName,
    _ destination: PushJournal, onMoved: (Int) -> Void
  ) throws {
    for chunk in UIDSet(byUID.keys).chunks(ofAtMost: Self.mostAtOnce, ranges: 100) {
      let copied = try move(chunk, to: raw)
      Checkpoint.pass("push: moved on the target, not recorded yet")
      let entries = chunk.uids.compactMap { uid in byUID[uid].map { (uid, $0) } }
      for (uid, entry) in entries {
        let isOwn = source.record.isOwn(entry)
        source.append(.dropped(entry: entry.number))
        guard let copied, let newUID = copied.uids[uid] else { continue }
        record(entry, newUID, copied.validity, isOwn: isOwn, in: destination)
      }
      onMoved(entries.count)
      try destination.flush()
      try source.flush()
    }
  }

  /// Moves, and returns the new UIDs where the server tells them (COPYUID, RFC 4315).
  private func move(
    _ uids: UIDSet, to mailbox: RawMailboxName
  ) throws -> (validity: UIDValidity, uids: [UID: UID])? {
    var code: ResponseCode?
    let text = try connection.run(.uidMove(.set(uids), to: mailbox), "MOVE") { event in
      if case .untaggedStatus(.ok, let text) = event, case .copyUID = text.code { code = text.code }
    }
    guard case .copyUID(let validity, let source, let destination) = code ?? text.code,
      source.count == destination.count
    else { return nil }
    return (
      validity,
      Dictionary(zip(source, destination).map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
    )
  }

  private func record(
    _ entry: IndexEntry, _ uid: UID, _ validity: UIDValidity, isOwn: Bool,
    in journal: PushJournal
  ) {
    if journal.record.uidValidity == nil { journal.append(.validity(validity)) }
    // Under another validity the whole mailbox is matched anew, this message with it.
    guard journal.record.uidValidity == validity else { return }
    journal.append(
      .entry(
        IndexEntry(
          number: journal.record.lastEntry + 1, uid: uid, digest: entry.digest,
          headerKey: entry.headerKey, size: entry.size, origin: .pushed, flags: entry.flags,
          isGone: false, source: entry.source)))
    if !isOwn { journal.append(.kept(entry: journal.record.lastEntry)) }
  }
}
