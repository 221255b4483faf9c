import Mail
import Protocols

/// What LIST, LSUB and STATUS tell, each mailbox once however often it is named.
struct MailboxListing {
  /// The most lines of one kind that are taken, and the most octets of names in all of them.
  struct Limits {
    let lines: Int
    let octets: Int

    static let standard = Limits(lines: 100_000, octets: 64 << 20)
  }

  /// The mailboxes in the order in which they were first named.
  private(set) var entries: [ListEntry] = []
  private var positions: [RawMailboxName: Int] = [:]
  private var subscribed: Set<RawMailboxName> = []
  private var statuses: [RawMailboxName: StatusItems] = [:]
  private var unreadable: Evidence?
  private let limits: Limits
  private var lists = 0
  private var lsubs = 0
  private var stati = 0
  private var octets = 0

  init(limits: Limits) { self.limits = limits }

  /// Takes an event; one that tells nothing of a mailbox changes nothing.
  ///
  /// - Throws: `ClientError.tooMuch`.
  mutating func take(_ event: IMAPEvent) throws(ClientError) {
    switch event {
    case .malformed(let evidence): unreadable = evidence
    case .list(let entry):
      try count(\.lists, entry.rawName)
      if entry.attributes.contains(.subscribed) { subscribed.insert(entry.rawName.canonical) }
      add(entry)
    case .lsub(let entry):
      try count(\.lsubs, entry.rawName)
      subscribed.insert(entry.rawName.canonical)
    case .status(let name, let items):
      try count(\.stati, name)
      statuses[name.canonical] = items
    default: break
    }
  }

  /// Throws if a line was malformed: the mailbox in it would else be left behind in silence.
  func requireReadable() throws(ClientError) {
    if let unreadable { throw .unreadableList(unreadable) }
  }

  func isSubscribed(_ raw: RawMailboxName) -> Bool { subscribed.contains(raw.canonical) }

  func status(of raw: RawMailboxName) -> StatusItems? { statuses[raw.canonical] }

  private mutating func count(
    _ lines: WritableKeyPath<Self, Int>, _ name: RawMailboxName
  ) throws(ClientError) {
    self[keyPath: lines] += 1
    octets += name.bytes.count
    guard self[keyPath: lines] <= limits.lines, octets <= limits.octets else {
      throw .tooMuch("mailboxes", limit: limits.lines)
    }
  }

  private mutating func add(_ entry: ListEntry) {
    var entry = entry
    entry.childInfo = []
    entry.oldName = nil
    guard let position = positions[entry.rawName.canonical] else {
      positions[entry.rawName.canonical] = entries.count
      entries.append(entry)
      return
    }
    entries[position].merge(entry)
  }
}

extension ListEntry {
  /// Adds what another line told of the same mailbox; of two that contradict each other the one counts
  /// that makes more of it.
  fileprivate mutating func merge(_ other: ListEntry) {
    var lacks: MailboxAttributes = []
    if attributes.isUnselectable, other.attributes.isUnselectable {
      lacks = .noSelect
      if attributes.contains(.nonExistent), other.attributes.contains(.nonExistent) {
        lacks.insert(.nonExistent)
      }
    }
    attributes = attributes.union(other.attributes).subtracting([.noSelect, .nonExistent])
      .union(lacks)
    specialUses += other.specialUses.filter { !specialUses.contains($0) }
    separator = separator ?? other.separator
    // INBOX in several spellings.
    if other.rawName.bytes.lexicographicallyPrecedes(rawName.bytes) {
      rawName = other.rawName
      components = other.components
    }
  }
}
