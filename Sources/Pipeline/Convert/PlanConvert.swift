import Journals
import Mail
import Stores

/// Finds the messages of a mailbox that were converted before, by their names, so that they need not be
/// read again.
struct PlanConvert {
  /// What was converted into the mailbox.
  let record: ConvertRecord
  /// Gives the present size of a message; nil where only reading tells.
  let currentSize: (StoredMessage) throws -> Int64?

  /// - Parameter messages: those of the source's mailbox, in order.
  /// - Returns: what is to be done for them.
  func run(_ messages: [StoredMessage]) -> ConvertPlan {
    var plan = ConvertPlan()
    guard !record.messages.isEmpty else {
      plan.unknown = Array(messages.indices)
      return plan
    }
    plan.known.reserveCapacity(messages.count)
    // Most have the name that they had; of the others there may be several, as there may be files of
    // one base name.
    var renamed: [String: [ConvertedMessage]] = [:]
    for converted in record.messages.values
    where !converted.source.isEmpty && converted.source != converted.name {
      renamed[converted.source, default: []].append(converted)
    }
    var claimed: Set<String> = []
    for (place, message) in messages.enumerated() {
      let free = candidates(for: message, renamed).filter { !claimed.contains($0.name) }
      if let converted = free.first(where: { $0.flags == message.flags }) ?? free.first,
        let size = try? currentSize(message), size == converted.sourceSize
      {
        claimed.insert(converted.name)
        plan.known.append((place, converted))
      } else {
        plan.unknown.append(place)
      }
    }
    for converted in record.messages.values where !claimed.contains(converted.name) {
      plan.pool.add(.converted(converted))
    }
    return plan
  }

  private func candidates(
    for message: StoredMessage, _ renamed: [String: [ConvertedMessage]]
  ) -> [ConvertedMessage] {
    guard let source = message.convertSource else { return [] }
    let others = renamed[source] ?? []
    guard let same = record.messages[source], same.source == source else { return others }
    return [same] + others
  }
}

/// What is to be done for a mailbox.
struct ConvertPlan {
  /// The places in the list of those that were converted before, in order.
  var known: [(place: Int, converted: ConvertedMessage)] = []
  /// The places of the others, in order: they have to be read.
  var unknown: [Int] = []
  /// What was converted and is not among `known`, by content.
  var pool = ConvertPool()
}

/// Messages of the archive for which no counterpart is known yet, by content.
struct ConvertPool {
  enum Entry {
    /// It was converted from a message that has another name now, or is gone.
    case converted(ConvertedMessage)
    /// It is in the archive, and the journal does not know it.
    indirect case found(StoredMessage, ContentDigest)

    var flags: Flags {
      switch self {
      case .converted(let message): message.flags
      case .found(let message, _): message.flags
      }
    }

    var name: String {
      switch self {
      case .converted(let message): message.name
      case .found(let message, _): message.source
      }
    }

    var digest: ContentDigest {
      switch self {
      case .converted(let message): message.digest
      case .found(_, let digest): digest
      }
    }
  }

  // One array for all: most contents are there once, and an array for each would take more room than
  // what is in it. Those of one content are linked, the last first.
  private var entries: [(entry: Entry, next: Int32)] = []
  private var heads: [ContentDigest: Int32] = [:]
  private static let end: Int32 = -1

  var isEmpty: Bool { heads.isEmpty }

  /// How many messages were converted whose counterparts were not found.
  var convertedCount: Int {
    heads.keys.reduce(0) { $0 + converted($1).count }
  }

  /// The names of those with that content that were converted.
  func converted(_ digest: ContentDigest) -> [String] {
    places(digest).compactMap {
      if case .converted(let message) = entries[$0].entry { message.name } else { nil }
    }
  }

  private func places(_ digest: ContentDigest) -> [Int] {
    var found: [Int] = []
    var place = heads[digest] ?? Self.end
    while place != Self.end {
      found.append(Int(place))
      place = entries[Int(place)].next
    }
    return found
  }

  mutating func add(_ entry: Entry) {
    entries.append((entry, heads[entry.digest] ?? Self.end))
    heads[entry.digest] = Int32(entries.count - 1)
  }

  /// Takes out one with that content: the one of the message's name if there is one, else one of its
  /// flags.
  mutating func take(_ digest: ContentDigest, for message: StoredMessage) -> Entry? {
    let equal = places(digest)
    guard let first = equal.first else { return nil }
    let best =
      equal.firstIndex { entries[$0].entry.name == message.source }
      ?? equal.firstIndex { entries[$0].entry.flags == message.flags } ?? 0
    let next = entries[equal[best]].next
    if best > 0 {
      entries[equal[best - 1]].next = next
    } else {
      heads[digest] = next == Self.end ? nil : next
    }
    return entries[best > 0 ? equal[best] : first].entry
  }
}

extension StoredMessage {
  /// What names the message at the source so that it need not be read again if nothing else changed;
  /// nil where its name may come to mean another one.
  var convertSource: String? {
    // There it says where in the file the message is.
    if case .mbox = place, !isOurs { return nil }
    return String(validating: baseName, as: UTF8.self)
  }
}
