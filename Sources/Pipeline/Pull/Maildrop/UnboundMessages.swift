import Journals
import Mail

/// What is held and was not found in the maildrop by the names that the server gives.
///
/// What comes is compared with it, so that nothing is stored twice.
final class UnboundMessages {
  /// One of them.
  struct Message {
    let held: HeldMessage
    /// Where it is held under an UIDVALIDITY of before.
    let former: FormerMessages.Former?
    /// The size that it has in LIST, as far as that is known.
    let octets: UInt64
  }

  private let messages: [Message]
  private var isBound: [Bool]
  private var byDigest: [ContentDigest: [Int]] = [:]
  private var byUID: [UID: Int] = [:]

  /// - Parameters:
  ///   - record: what is known of the maildrop.
  ///   - former: what is held under other UIDs.
  ///   - known: the UIDs that were found.
  init(_ record: PullRecord, former: [FormerMessages.Former], known: Set<UID>) {
    var found: [Message] = []
    for (uid, held) in record.messages.sorted(by: { $0.key < $1.key }) where !known.contains(uid) {
      switch held.fate {
      case .held, .gone, .deleted, .restored: break
      case .moved, .removed, .trashed: continue
      }
      let octets = record.maildrop[uid]?.octets ?? 0
      found.append(
        Message(held: held, former: nil, octets: octets > 0 ? octets : UInt64(clamping: held.size)))
    }
    for one in former {
      found.append(
        Message(held: one.message, former: one, octets: UInt64(clamping: one.message.size)))
    }
    messages = found
    isBound = found.map { _ in false }
    for index in found.indices where found[index].former == nil {
      byUID[found[index].held.uid] = index
    }
    for index in found.indices.reversed() {
      byDigest[found[index].held.digest, default: []].append(index)
    }
  }

  var isEmpty: Bool { messages.isEmpty }

  /// Those that are left.
  var open: [(index: Int, message: Message)] {
    messages.indices.filter { !isBound[$0] }.map { ($0, messages[$0]) }
  }

  /// Takes one out.
  func bind(at index: Int) -> Message {
    isBound[index] = true
    return messages[index]
  }

  /// Takes the one out that has this UID in the maildrop; nil if it is not there any more.
  func bind(_ uid: UID) -> Message? {
    guard let index = byUID[uid], !isBound[index] else { return nil }
    return bind(at: index)
  }

  /// Takes one of this content out; nil if there is none left.
  func take(_ digest: ContentDigest) -> Message? {
    while let index = byDigest[digest]?.popLast() {
      if !isBound[index] { return bind(at: index) }
    }
    return nil
  }

  /// What is left of those that are held under other UIDs.
  var formerLeft: [FormerMessages.Former] {
    messages.indices.compactMap { isBound[$0] ? nil : messages[$0].former }
  }
}
