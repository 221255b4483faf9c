import Platform
import Synchronization

/// What all objects for one mailbox share within a run, so that several threads may have one each:
/// one delivers, another sets flags of a message that was moved there.
final class MailboxShare: Sendable {
  private let keywords = Mutex<MailboxKeywords?>(nil)
  private let names = Mutex<Void>(())
  private let isClean = Mutex(false)

  /// Runs a step on the keyword files' content, read first if it isn't known yet.
  func withKeywords<Value: Sendable>(
    reading read: () throws(StoreError) -> MailboxKeywords,
    _ step: (inout MailboxKeywords) throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    try keywords.withLock { keywords throws(StoreError) in
      var current: MailboxKeywords
      if let keywords { current = keywords } else { current = try read() }
      defer { keywords = current }
      return try step(&current)
    }
  }

  /// Reads the keyword files anew.
  func reloadKeywords(
    _ read: () throws(StoreError) -> MailboxKeywords
  ) throws(StoreError) -> MailboxKeywords {
    try keywords.withLock { keywords throws(StoreError) in
      let current = try read()
      keywords = current
      return current
    }
  }

  /// Runs a change of names, or a pass over them, while no other thread does either: a pass that sees
  /// no change by this run needn't be repeated because of it.
  func withNames<Value: Sendable, Problem>(
    _ step: () throws(Problem) -> Value
  ) throws(Problem) -> Value {
    try names.withLock { _ throws(Problem) in try step() }
  }

  /// Runs a step once in the life of the archive's object, before anybody goes on.
  func cleanOnce(_ step: () throws(StoreError) -> Void) throws(StoreError) {
    try isClean.withLock { isClean throws(StoreError) in
      if isClean { return }
      try step()
      isClean = true
    }
  }
}
