import Clients
import Mail
import Protocols

/// What a server tells of a mailbox's messages while they are listed.
struct ToldMessages {
  /// How many of the messages that the mailbox was opened with are still there.
  private(set) var expected: Int
  /// The flags, of those that they were told of.
  private(set) var flags: [UID: Flags] = [:]
  /// UIDs that were told of several messages; a UID that was told twice of one is none.
  private(set) var shared: Set<UID> = []
  private var numbers: [UID: UInt32] = [:]
  private let limit: Int
  /// Octets of keywords.
  private var octets = 0
  private let mostOctets: Int
  /// Octets of keywords that an honest mailbox may have.
  static let mostOctets = 256 << 20

  /// - Parameters:
  ///   - exists: how many messages the mailbox was said to have.
  ///   - limit: of how many different ones the server may tell.
  ///   - mostOctets: how many octets of keywords it may tell.
  init(exists: UInt32, limit: Int, mostOctets: Int) {
    self.mostOctets = mostOctets
    expected = Int(exists)
    self.limit = limit
  }

  /// The messages that were told of.
  var uids: UIDSet { UIDSet(numbers.keys) }

  /// Takes an event; one that tells nothing of messages changes nothing.
  ///
  /// - Throws: `ClientError.tooMuch`.
  mutating func take(_ event: IMAPEvent) throws(ClientError) {
    switch event {
    case .exists(let count): expected = min(expected, Int(count))
    case .expunge: removed(1)
    case .vanished(earlier: false, let uids): removed(uids.count)
    case .fetch(let response): try take(response)
    default: break
    }
  }

  private mutating func take(_ response: FetchResponse) throws(ClientError) {
    guard let uid = response.uid else { return }
    if let number = numbers[uid], number != response.sequenceNumber, !hasRemovals {
      shared.insert(uid)
    }
    numbers[uid] = response.sequenceNumber
    if let told = response.flags {
      octets += told.keywords.reduce(0) { $0 + $1.name.utf8.count + 64 }
      flags[uid] = told
    }
    guard numbers.count <= limit, octets <= mostOctets else {
      throw .tooMuch("messages", limit: limit)
    }
  }

  /// Whether sequence numbers changed their meaning meanwhile.
  private var hasRemovals = false

  private mutating func removed(_ count: Int) {
    expected = max(0, expected - count)
    hasRemovals = true
  }
}
