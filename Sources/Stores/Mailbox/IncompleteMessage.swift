extension ReadableMailbox {
  /// The message that damage which the last scan met may have cut off: the last one before it.
  ///
  /// - Parameter messages: what that scan found.
  /// - Returns: the message; nil where nothing is damaged, where each message is a file of its own, and
  ///   where the message is known to be as long as it was.
  package func incomplete(among messages: [StoredMessage]) -> StoredMessage? {
    guard !damage.isEmpty else { return nil }
    var last: (offset: Int64, message: StoredMessage)?
    for message in messages {
      guard case .mbox(let entry) = message.place, entry.offset >= last?.offset ?? 0 else {
        continue
      }
      last = (entry.offset, message)
    }
    guard let message = last?.message else { return nil }
    if message.isOurs, let size = message.namedSize, size == message.scanned?.size { return nil }
    return message
  }
}
