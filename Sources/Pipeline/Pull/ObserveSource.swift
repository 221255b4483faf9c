import Clients
import Journals
import Mail
import Protocols

/// Opens a source mailbox for reading and finds out what it holds, with as little as the server's
/// extensions allow.
struct ObserveSource {
  let connection: IMAPConnection
  let mailbox: RawMailboxName
  /// How the mailbox was left, if its UIDs still meant the same then.
  let known: RecordedState?
  /// The messages it had then.
  let knownPresent: UIDSet

  struct Observation {
    let state: MailboxState
    let listing: SourceListing
    /// UIDs that the server gave to several messages.
    let shared: [UID]
    /// How many messages the server counts beyond those that it lists.
    let unlisted: Int
    /// UIDNEXT, where the server told it.
    let toldUIDNext: UInt32?
  }

  func run() throws(ClientError) -> Observation {
    let isEnabled = connection.session.enabled.contains(.qResync)
    let base = known.map(\.state)
    let canResync = isEnabled && base.map { $0.highestModSeq.value > 0 } == true
    let hasModSeq = isEnabled || connection.capabilities.contains(.condStore)
    let selected = try connection.examine(mailbox, hasModSeq ? .condStore : .plain)
    guard let validity = selected.uidValidity else {
      throw .refused(
        command: "EXAMINE", .no,
        ResponseText(code: nil, text: "the server gives no UIDVALIDITY for this mailbox"))
    }
    var state = MailboxState(
      uidValidity: validity, uidNext: selected.uidNext?.value ?? 0, messages: selected.exists,
      highestModSeq: selected.highestModSeq)
    let limit = min(Int(state.messages) + Self.slack, IMAPConnection.mostMessages)
    let none = ToldMessages(
      exists: state.messages, limit: limit, mostOctets: ToldMessages.mostOctets)
    var told = none
    var present: UIDSet?
    if let base, canUse(base, now: state) {
      present = try changes(since: base, canResync: canResync, &told)
    }
    // The counts have to agree; where they don't, nothing that was derived is trusted.
    if present == nil || present?.count != told.expected {
      told = none
      present = try everything(&told)
    }
    let found = present ?? UIDSet()
    if state.uidNext == 0 { state.uidNext = (found.last?.value ?? 0) &+ 1 }
    return Observation(
      state: state, listing: SourceListing(present: found, flags: told.flags),
      shared: told.shared.sorted(),
      unlisted: max(0, told.expected - found.count - told.shared.count),
      toldUIDNext: selected.uidNext?.value)
  }

  /// So many more messages than were announced may come while they are listed.
  private static let slack = 10_000

  private func canUse(_ base: MailboxState, now: MailboxState) -> Bool {
    base.uidValidity == now.uidValidity && base.highestModSeq.value > 0
      && now.highestModSeq >= base.highestModSeq
      // Else the UIDs began anew.
      && (now.uidNext == 0 || now.uidNext >= base.uidNext)
  }

  /// What is there, by what is new or changed since, and what is gone: told by VANISHED, or found by
  /// SEARCH.
  private func changes(
    since base: MailboxState, canResync: Bool, _ told: inout ToldMessages
  ) throws(ClientError) -> UIDSet {
    var vanished = UIDSet()
    try connection.fetch(
      .all, [.uid, .flags], changedSince: base.highestModSeq, vanished: canResync
    ) { event throws(ClientError) in
      try told.take(event)
      if case .vanished(_, let uids) = event {
        vanished = vanished.union(uids.intersection(knownPresent))
      }
    }
    guard canResync else {
      return try connection.searchAll { event throws(ClientError) in try told.take(event) }
    }
    return knownPresent.subtracting(vanished).union(told.uids)
  }

  private func everything(_ told: inout ToldMessages) throws(ClientError) -> UIDSet {
    func take(_ event: IMAPEvent) throws(ClientError) { try told.take(event) }
    guard told.expected > 0 else { return [] }
    try connection.fetch(.all, [.uid, .flags], take)
    let listed = told.uids
    guard listed.count < told.expected else { return listed }
    // What FETCH leaves out may be a message all the same: it is asked for alone, and named.
    let found = listed.union(try connection.searchAll(take))
    guard found.count < told.expected else { return found }
    // What is gone by now a server tells at the latest when it is asked for nothing else.
    try connection.run(.noop, "NOOP", take)
    return found
  }
}
