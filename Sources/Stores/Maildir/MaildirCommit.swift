import Mail
import Platform

extension MaildirMailbox {
  /// Flushes the files of messages that were written into `tmp`, as a group.
  ///
  /// - Throws: `system`.
  func flush(_ prepared: inout [PreparedDelivery]) throws(StoreError) {
    guard !prepared.allSatisfy(\.isFlushed) else { return }
    Checkpoint.pass("commit: before the files are flushed")
    let tmp = try tmpDirectory()
    try stored(try GroupFlush.flush(prepared.map(\.temporaryName), in: tmp))
    for index in prepared.indices { prepared[index].isFlushed = true }
  }

  /// Delivers messages that were written into `tmp`.
  ///
  /// In this order: the keywords' letters are flushed, the files' content is flushed unless it was, the
  /// files get their names in `cur` without replacing any, `cur` is flushed. A message whose base
  /// name is there with the same content is not added; with other content it gets a number.
  ///
  /// - Parameters:
  ///   - prepared: the messages.
  ///   - durably: whether `cur` is flushed.
  /// - Returns: what became of each, in the order given.
  /// - Throws: `system`, `damaged`. Then some may be delivered; the files of the rest are removed.
  func commit(
    _ prepared: [PreparedDelivery], durably: Bool
  ) throws(StoreError) -> [Delivered] {
    guard !prepared.isEmpty else { return [] }
    var delivered: [Delivered] = []
    do {
      try prepareKeywords(of: prepared)
      var flushed = prepared
      try flush(&flushed)
      Checkpoint.pass("commit: before the first file gets its name")
      delivered.reserveCapacity(prepared.count)
      var present = PresentMessages(in: self)
      for delivery in prepared {
        delivered.append(try place(delivery, among: &present))
        Checkpoint.pass("commit: a file has its name")
      }
      if durably { try stored(try cur.flush()) }
      Checkpoint.pass("commit: done")
    } catch {
      discard(Array(prepared[delivered.count...]))
      throw error
    }
    return delivered
  }

  private func prepareKeywords(of prepared: [PreparedDelivery]) throws(StoreError) {
    let keywords = prepared.reduce(into: Set<Keyword>()) { $0.formUnion($1.flags.keywords) }
    try provideLetters(for: keywords)
    if baseNames == nil { baseNames = Set(try names().map { Self.hash($0.base) }) }
    var extras: [(base: [UInt8], keywords: Set<Keyword>)] = []
    for delivery in prepared where !delivery.flags.keywords.isEmpty {
      let base = delivery.baseName(distinguishedBy: 0)
      // If the name is there, it may be the same message, whose keywords the user may have changed.
      if !isPresent(base) {
        extras.append((base, try self.keywords().withoutLetters(delivery.flags.keywords)))
      }
    }
    try updatingKeywords { keywords throws(StoreError) in try keywords.setExtras(extras) }
  }

  func provideLetters(for wanted: Set<Keyword>) throws(StoreError) {
    guard !wanted.isEmpty else { return }
    try updatingKeywords { keywords throws(StoreError) in
      try keywords.provideLetters(for: wanted) { () throws(StoreError) in try self.names() }
    }
  }

  private func place(
    _ delivery: PreparedDelivery, among present: inout PresentMessages
  ) throws(StoreError) -> Delivered {
    let tmp = try tmpDirectory()
    let info = try keywords().info(for: delivery.flags, replacing: nil)
    var number = 0
    while true {
      let base = delivery.baseName(distinguishedBy: number)
      if isPresent(base), let twin = try present.find(base) {
        if try hasContent(of: delivery, twin) {
          try stored(try tmp.unlink(delivery.temporaryName))
          return Delivered(message: twin, wasPresent: true)
        }
        number += 1
        continue
      }
      if number > 0 { try setExtras(delivery.flags, base: base) }
      do {
        try share.withNames { () throws(SystemError) in
          try tmp.renameNoReplace(delivery.temporaryName, to: cur, base + info)
        }
      } catch  where error.isExists {
        // Somebody else put it there after the names were read: look again.
        baseNames?.insert(Self.hash(base[...]))
        present = PresentMessages(in: self)
        continue
      } catch {
        throw .system(error)
      }
      baseNames?.insert(Self.hash(base[...]))
      var keywords = try keywords()
      let name = MaildirName(base + info)
      let message = StoredMessage(name, in: .cur, flags: keywords.flags(of: name))
      present.add(message)
      return Delivered(message: message, wasPresent: false)
    }
  }

  func setExtras(_ flags: Flags, base: [UInt8]) throws(StoreError) {
    try updatingKeywords { keywords throws(StoreError) in
      try keywords.setExtras([(base, keywords.withoutLetters(flags.keywords))])
    }
  }

  private func isPresent(_ base: [UInt8]) -> Bool {
    baseNames?.contains(Self.hash(base[...])) ?? true
  }

  static func hash(_ bytes: ArraySlice<UInt8>) -> Int {
    var hasher = Hasher()
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
  }

  private func hasContent(
    of delivery: PreparedDelivery, _ present: StoredMessage
  ) throws(StoreError) -> Bool {
    let path = delivery.temporaryName
    let tmp = try tmpDirectory()
    let file = try stored(try tmp.openFile(path))
    let one = try messageFile(file, path: String(decoding: path, as: UTF8.self))
    let other = try open(present)
    guard one.size == other.size else { return false }
    // Chunks are full up to the end, so those of equal files line up.
    while let chunk = try one.nextChunk() {
      guard let counterpart = try other.nextChunk(), chunk.elementsEqual(counterpart) else {
        return false
      }
    }
    return true
  }
}

/// The messages of a mailbox by base name, read when the first one is looked for.
private struct PresentMessages {
  private let mailbox: MaildirMailbox
  private var messages: [ArraySlice<UInt8>: StoredMessage]?

  init(in mailbox: MaildirMailbox) { self.mailbox = mailbox }

  mutating func find(_ base: [UInt8]) throws(StoreError) -> StoredMessage? {
    if let messages { return messages[base[...]] }
    var found: [ArraySlice<UInt8>: StoredMessage] = [:]
    for message in try mailbox.scan() { found[message.baseName] = message }
    messages = found
    return found[base[...]]
  }

  mutating func add(_ message: StoredMessage) { messages?[message.baseName] = message }
}
