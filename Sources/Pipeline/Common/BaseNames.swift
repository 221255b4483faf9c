import Stores

/// The hash of a message's base name, which stands for the name in memory: they are many.
struct BaseNameHash: Hashable {
  private let value: Int

  init(_ name: String) {
    var name = name
    value = name.withUTF8 { Self.hash(UnsafeRawBufferPointer($0)) }
  }

  /// The hash of the name that a message has.
  init(of message: StoredMessage) {
    value = message.baseName.withUnsafeBytes { Self.hash($0) }
  }

  private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: name)
    return hasher.finalize()
  }
}

/// Base names of messages.
struct BaseNames {
  private var hashes: Set<BaseNameHash> = []

  init() {}

  /// The names of messages.
  init(_ messages: [StoredMessage]) {
    hashes.reserveCapacity(messages.count)
    for message in messages { insert(message) }
  }

  /// Adds the name of a message; false if it was there.
  @discardableResult
  mutating func insert(_ message: StoredMessage) -> Bool {
    hashes.insert(BaseNameHash(of: message)).inserted
  }

  /// Adds a name; false if it was there.
  @discardableResult
  mutating func insert(_ name: String) -> Bool { hashes.insert(BaseNameHash(name)).inserted }

  /// Whether a message has that name.
  func contains(_ name: String) -> Bool { hashes.contains(BaseNameHash(name)) }

  /// Whether a message has the name of that hash.
  func contains(_ hash: BaseNameHash) -> Bool { hashes.contains(hash) }
}
