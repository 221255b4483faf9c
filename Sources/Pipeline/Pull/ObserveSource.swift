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
    var listing: SourceListing?
    if let base, canUse(base, now: state) {
      listing = try changes(since: base, canResync: canResync)
    }
    // The counts have to agree; where they don't, nothing that was derived is trusted.
    if listing == nil || listing?.present.count != Int(state.messages) {
      listing = try everything(state)
    }
    let found = listing ?? SourceListing(present: [], flags: [:])
    if state.uidNext == 0 { state.uidNext = (found.present.last?.value ?? 0) &+ 1 }
    return Observation(state: state, listing: found)
  }

  private func canUse(_ base: MailboxState, now: MailboxState) -> Bool {
    base.uidValidity == now.uidValidity && base.highestModSeq.value > 0
      && now.highestModSeq >= base.highestModSeq
  }

  /// What is new or changed since, and what is gone: told by VANISHED, or found by SEARCH.
  private func changes(
    since base: MailboxState, canResync: Bool
  ) throws(ClientError) -> SourceListing {
    var changed: [UID: Flags] = [:]
    var vanished = UIDSet()
    try connection.fetch(
      .all, [.uid, .flags], changedSince: base.highestModSeq, vanished: canResync
    ) { event in
      switch event {
      case .fetch(let response): if let uid = response.uid { changed[uid] = response.flags }
      case .vanished(_, let uids): vanished = vanished.union(uids)
      default: break
      }
    }
    let present =
      canResync
      ? knownPresent.subtracting(vanished).union(UIDSet(changed.keys))
      : try connection.searchAll()
    return SourceListing(present: present, flags: changed)
  }

  private func everything(_ state: MailboxState) throws(ClientError) -> SourceListing {
    var flags: [UID: Flags] = [:]
    guard state.messages > 0 else { return SourceListing(present: [], flags: [:]) }
    try connection.fetch(.all, [.uid, .flags]) { event in
      if case .fetch(let response) = event, let uid = response.uid {
        flags[uid] = response.flags ?? Flags()
      }
    }
    var present = UIDSet(flags.keys)
    // What FETCH leaves out may be a message all the same: it is asked for alone, and named.
    if present.count < Int(state.messages) { present = present.union(try connection.searchAll()) }
    return SourceListing(present: present, flags: flags)
  }
}
