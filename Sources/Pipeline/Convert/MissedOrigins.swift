import Stores
import Synchronization

/// The fetched messages that a conversion could not take over, so that the archive it makes does not
/// count them as held.
final class MissedOrigins: Sendable {
  private struct Content {
    var origins: Set<MessageOrigin> = []
    /// Whether there may be others that nobody knows of.
    var areAll = true
  }

  private let content = Mutex(Content())

  /// A message could not be taken over.
  func add(_ origin: MessageOrigin?) {
    guard let origin else { return }
    content.withLock { _ = $0.origins.insert(origin) }
  }

  /// A part of the source could not be read, and nobody knows what is in it.
  func addUnknown() { content.withLock { $0.areAll = false } }

  /// The messages that are known to be missing; nil if there may be others.
  var all: Set<MessageOrigin>? { content.withLock { $0.areAll ? $0.origins : nil } }
}
