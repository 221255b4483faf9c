import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Foresees what a push to a target would do, from its index and the archive alone.
///
/// What others changed on the target since, and what the server refuses, only the push itself sees.
struct PlanTarget {
  let archive: Archive
  let tree: MailboxTree
  /// `push/<account>`.
  let directory: Directory
  let identity: String
  /// Whether every file is read.
  let full: Bool

  private struct Place {
    let name: MailboxName
    let isNew: Bool
    let record: PushRecord
    let mailboxes: [any ReadableMailbox]
    let kept: TargetFlags
  }

  /// What is read once for all mailboxes.
  private struct Shared {
    let pulled: PulledDigests
    let stray: StrayKeywords
    let digester: DigestMessages
  }

  /// Foresees it.
  ///
  /// - Parameter onProblem: called with what can't be read.
  /// - Returns: what would be done, by mailbox; those with nothing to tell are left out.
  /// - Throws: `JournalError`, `StoreError`.
  func run(onProblem: @escaping (String) -> Void) throws -> [PlannedPush] {
    let table = TargetTable(in: directory) ?? TargetTable()
    let states = try MailboxStates(in: directory, readOnly: true)
    let places = try places(table, states)
    let shared = Shared(
      pulled: PulledDigests(try? archive.state.openSubdirectory("pull")),
      stray: StrayKeywords(of: archive, in: tree.mailboxes), digester: DigestMessages())
    let sides = try places.map {
      try FindHandMoves.Side(record: $0.record, mailboxes: $0.mailboxes)
    }
    let moves = try FindHandMoves(pulled: shared.pulled, digester: shared.digester).run(sides)
    var plans: [PlannedPush] = []
    for (index, place) in places.enumerated() {
      let leaving = Set(moves.filter { $0.source == index }.map(\.entry.number))
      let arriving = moves.filter { $0.destination == index }.map(\.file)
      plans.append(try plan(place, leaving, arriving, shared, onProblem))
    }
    return plans.filter { $0 != PlannedPush(mailbox: $0.mailbox) }
  }

  /// The mailboxes of the target that have to be looked at: those that go there, and those whose
  /// mailbox the archive has no longer.
  private func places(_ table: TargetTable, _ states: MailboxStates) throws -> [Place] {
    var sources: [MailboxName: [MailboxPlace]] = [:]
    let mapping = MapMailboxes(
      mailboxes: tree.mailboxes, records: archive.table.records, tree: ServerTree(table),
      wasPushedTo: KnownTargets(directory, identity).contains
    ).run()
    for target in mapping.targets { sources[target.name] = target.sources }
    for name in table.mailboxes.keys where sources[name] == nil { sources[name] = [] }
    var places: [Place] = []
    for (name, sources) in sources.sorted(by: { $0.key < $1.key }) {
      let key = MailboxKey(account: identity, mailbox: name).hex
      let side = try ArchiveSide(sources, in: archive)
      if !full, !sources.isEmpty, let state = states[key], state.outstanding == 0,
        !state.archive.isEmpty, try side.stamp(recording: false) == state.archive
      {
        continue
      }
      let journal = try PushJournal(in: directory, key: key, mailbox: name, readOnly: true)
      places.append(
        Place(
          name: name, isNew: table.mailboxes[name] == nil, record: journal.record,
          mailboxes: side.mailboxes, kept: TargetFlags(table.kept[name])))
    }
    return places
  }

  private func plan(
    _ place: Place, _ leaving: Set<Int>, _ arriving: [String], _ shared: Shared,
    _ onProblem: @escaping (String) -> Void
  ) throws -> PlannedPush {
    var planned = PlannedPush(mailbox: place.name)
    planned.isNew = place.isNew
    planned.moved = arriving.count
    planned.isUnsettled = place.record.isUnsettled
    let messages = try ScanArchive(
      mailboxes: place.mailboxes,
      pulled: shared.pulled, stray: shared.stray, digester: shared.digester,
      known: place.record.digestsBySource, full: full
    ) { path, error in
      onProblem("\(path): \(error)")
    }.run()
    let plan = PlanPush(record: place.record, resendDeleted: false, retryRefused: false).run(
      messages.map { PlanPush.Message(digest: $0.digest, flags: $0.flags, source: $0.source) })
    let moved = Set(arriving)
    for index in plan.toSend where !moved.contains(messages[index].source) {
      planned.toSend += 1
      planned.bytes += messages[index].size
    }
    planned.flags = plan.pairs.count { index, number in
      place.record.entries[number].flatMap {
        FlagDifference(
          $0, messages[index].flags, place.kept,
          isMarked: place.record.removing.contains($0.number))
      } != nil
    }
    planned.staying = plan.surplus.count { !leaving.contains($0) }
    planned.gone = plan.goneOnTarget
    planned.refused = plan.refused.count
    return planned
  }
}

extension ServerTree {
  /// The target's mailboxes as the last push saw them.
  fileprivate init(_ table: TargetTable) {
    let none = RawMailboxName(bytes: [])
    self.init(
      mailboxes: table.mailboxes.sorted { $0.key < $1.key }.map { name, uses in
        ServerMailbox(
          name: name, raw: none, specialUses: uses, isSubscribed: false, isSelectable: true,
          status: nil)
      }, prefix: none, separator: table.separator)
  }
}
