import Mail
import Stores

/// Chooses the names of messages that are copied into a mailbox.
struct CopyNames: Sendable {
  /// Base names that no message may get, because others have them or had them.
  private(set) var taken: BaseNames
  /// Base names of messages that the archive lost, by content: who has it gets the name.
  private(set) var lost: [ContentDigest: [String]]

  init(taken: BaseNames, lost: [ContentDigest: [String]]) {
    self.taken = taken
    self.lost = lost
  }

  /// The name of the next message.
  ///
  /// It keeps its base name if that is one of ours and free; a fetched one that was edited since keeps
  /// at least what it says of where it was fetched.
  mutating func name(
    of message: StoredMessage, _ written: WrittenContent, _ date: InternalDate
  ) -> DeliveryName {
    // The date is a part of it.
    let prefix = lost.isEmpty ? "" : "\(date.epochSeconds)."
    if let index = lost[written.digest]?.firstIndex(where: { $0.hasPrefix(prefix) }),
      let name = lost[written.digest]?.remove(at: index)
    {
      taken.insert(name)
      return .kept(Array(name.utf8))
    }
    guard message.isOurs, taken.insert(message) else { return .new }
    if message.namedSize == written.size, message.namedWireSize == written.wireSize {
      return .kept(Array(message.baseName))
    }
    return DeliveryName(message.origin)
  }
}
