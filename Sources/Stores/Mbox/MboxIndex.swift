import Mail
import Platform

extension MboxStore {
  /// All messages: fetched ones in the order of their source, then those that mailarc took from files in
  /// the order in which it did, then all others in that of the file.
  func scan() throws(StoreError) -> [StoredMessage] {
    let messages = try share.exclusively { state throws(StoreError) in
      try self.refresh(&state, needsMessages: true)
      return state.messages ?? []
    }
    let firstForeign = messages.firstIndex { !$0.isOurs } ?? messages.count
    let isOrdered =
      messages[firstForeign...].allSatisfy { !$0.isOurs }
      && zip(messages[..<firstForeign], messages[..<firstForeign].dropFirst())
        .allSatisfy { !($1 < $0) }
    if isOrdered { return messages }
    return messages.filter(\.isOurs).sorted() + messages.filter { !$0.isOurs }
  }

  /// Makes sure that what is known is true of the file as it is now.
  ///
  /// - Parameters:
  ///   - state: what is known.
  ///   - needsMessages: whether the names alone would not do.
  /// - Throws: `notFound`, `unreadable` if it keeps changing, `system`.
  func refresh(
    _ state: inout MboxShare.State, needsMessages: Bool
  ) throws(StoreError) {
    for attempt in 0..<12 {
      // What other programs do to a mailbox is mostly over soon.
      if attempt > 0 { pause(milliseconds: min(1 << UInt32(attempt), 200)) }
      guard let file = try storedIfPresent(try directory.openFile(fileName)) else {
        throw .notFound(path)
      }
      // While somebody writes, there may be half a message.
      guard try MboxLock.take(file, .shared) else { continue }
      defer { file.releaseRangeLock() }
      if try read(file, &state, needsMessages: needsMessages) { return }
    }
    throw .unreadable(path: path, reason: "another program keeps changing it")
  }

  /// Reads an open file anew if it changed.
  ///
  /// - Returns: false if it changed meanwhile.
  func read(
    _ file: borrowing FileDescriptor, _ state: inout MboxShare.State, needsMessages: Bool
  ) throws(StoreError) -> Bool {
    let status = try stored(try file.status())
    if state.status == status, !needsMessages || state.messages != nil { return true }
    let source = try source()
    let scan = MboxScan(source, forced: nil)
    let messages = MboxNames.messages(of: scan.splitter)
    guard try stored(try file.status()) == status else { return false }
    state.status = status
    state.names = Set(messages.map { MaildirMailbox.hash($0.baseName) })
    state.messages = needsMessages ? messages : nil
    state.contentSize = scan.size
    state.missingLineFeeds =
      (source as? GzipMboxSource).map { Self.missingLineFeeds($0.lastBytes[...]) } ?? 0
    state.damage = scan.failure.map { [$0] } ?? []
    state.explanation = scan.splitter.reason
    return true
  }

  /// The file, open to be read at any place.
  func source() throws(StoreError) -> any MboxSource { try layout.source(fileName, in: directory) }

  /// The message as it is now; offsets are hints.
  ///
  /// - Throws: `notFound`.
  func find(
    _ message: StoredMessage, in state: MboxShare.State
  ) throws(StoreError) -> (index: Int, message: StoredMessage, entry: MboxEntry) {
    let messages = state.messages ?? []
    var index: Int?
    if case .mbox(let entry) = message.place {
      var low = 0
      var high = messages.count
      while low < high {
        let middle = (low + high) / 2
        if messages[middle].mboxEntry.map({ $0.offset < entry.offset }) ?? false {
          low = middle + 1
        } else {
          high = middle
        }
      }
      if low < messages.count, messages[low].name == message.name { index = low }
    }
    index = index ?? messages.firstIndex { $0.name == message.name }
    guard let index, let entry = messages[index].mboxEntry else {
      throw .notFound(path(of: message))
    }
    return (index, messages[index], entry)
  }

  func open(_ message: StoredMessage) throws(StoreError) -> MessageFile {
    MessageFile(try MboxStoreBytes(message, of: self), buffer: takeBuffer()) { self.give(back: $0) }
  }

  func internalDate(of message: StoredMessage) throws(StoreError) -> InternalDate {
    if let date = message.namedDate { return date }
    let found = try share.exclusively { state throws(StoreError) in
      try self.refresh(&state, needsMessages: true)
      return try self.find(message, in: state).entry.date
    }
    if let found { return found }
    guard let status = try storedIfPresent(try directory.status(of: fileName)) else {
      throw .notFound(path(of: message))
    }
    return InternalDate(epochSeconds: status.modifiedSeconds)
  }
}

extension StoredMessage {
  /// Where it stands in its mbox; nil for what is in none.
  var mboxEntry: MboxEntry? {
    if case .mbox(let entry) = place { entry } else { nil }
  }
}

/// The content of one message of an mbox of an archive, also while another thread of this run rewrites
/// the file.
private final class MboxStoreBytes: MessageBytes {
  let size: Int64?
  private let message: StoredMessage
  private let store: MboxStore
  private var content: MboxContent
  private var rewrites: Int
  private var taken: Int64 = 0

  init(_ message: StoredMessage, of store: MboxStore) throws(StoreError) {
    self.message = message
    self.store = store
    let found = try store.share.exclusively { state throws(StoreError) in
      try store.refresh(&state, needsMessages: true)
      return (try store.find(message, in: state).entry, state)
    }
    size = found.0.size
    rewrites = found.1.rewrites
    content = MboxContent(
      found.0, of: try store.keptSource(found.1), path: store.path(of: message))
  }

  func rewind() throws(StoreError) {
    content.rewind()
    taken = 0
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
    // The address goes in as a number: the closure's value has to be one that threads may share.
    let count = try store.share.exclusively { state throws(StoreError) in
      if state.rewrites != self.rewrites { try self.reopen(&state, buffer) }
      return try self.content.read(into: buffer)
    }
    taken += Int64(count)
    return count
  }

  private func reopen(
    _ state: inout MboxShare.State, _ scratch: UnsafeMutableRawBufferPointer
  ) throws(StoreError) {
    try store.refresh(&state, needsMessages: true)
    let entry = try store.find(message, in: state).entry
    content = MboxContent(entry, of: try store.keptSource(state), path: store.path(of: message))
    rewrites = state.rewrites
    var skipped: Int64 = 0
    while skipped < taken {
      let part = UnsafeMutableRawBufferPointer(
        rebasing: scratch.prefix(Int(min(Int64(scratch.count), taken - skipped))))
      let count = try content.read(into: part)
      guard count > 0 else {
        throw .changed(store.path(of: message))
      }
      skipped += Int64(count)
    }
  }
}
