import Mail
import Platform

/// A message that is to be appended to an mbox, as it will stand there.
struct MboxAddition: Sendable {
  let base: [UInt8]
  let date: InternalDate
  let flags: Flags
  let message: SpooledMessage
  /// Bytes of the content.
  let size: Int64

  /// The From_ line.
  var fromLine: [UInt8] { MboxBlock.fromLine(date) }

  /// What `X-Mailarc` says.
  var mark: MboxMark {
    MboxMark(
      baseName: base, addsNewline: message.shape.addsNewline, addsBlank: message.shape.addsBlank)
  }

  /// The message in a file where its From_ line begins at an offset.
  func stored(at offset: Int64, fromLine: Int, block: Int) -> StoredMessage {
    let header = offset + Int64(fromLine)
    let end = header + message.shape.size + Int64(block)
    let blockStart = header + message.shape.blockOffset
    let entry = MboxEntry(
      offset: offset, headerOffset: header, contentEnd: end, nextOffset: end + 1,
      omitted: [blockStart..<(blockStart + Int64(block))], size: size, date: MboxBlock.shown(date),
      isOurs: true, unquotes: true)
    return StoredMessage(
      MaildirName(base), in: .mbox(entry), flags: flags,
      scanned: ScannedContent(
        size: size, wireSize: size + message.shape.lineFeeds, isWireForm: false))
  }
}

extension MboxStore {
  func commit(
    _ prepared: [PreparedDelivery], durably: Bool
  ) throws(StoreError) -> [Delivered] {
    guard !prepared.isEmpty else { return [] }
    requireWriting()
    return try share.exclusively { state throws(StoreError) in
      defer { Self.discard(prepared, &state) }
      let lock = try self.lockAndRead(&state, needsMessages: false)
      defer { lock.release() }
      var outcomes: [Outcome] = []
      var plan = Plan()
      for delivery in prepared {
        outcomes.append(try self.place(delivery, &plan, &state, lock))
      }
      let added = try self.append(plan.additions, lock, &state, durably: durably)
      return outcomes.map { outcome in
        switch outcome {
        case .present(let message): Delivered(message: message, wasPresent: true)
        case .added(let index): Delivered(message: added[index], wasPresent: false)
        case .twin(let index): Delivered(message: added[index], wasPresent: true)
        }
      }
    }
  }

  private enum Outcome {
    case present(StoredMessage)
    case added(Int)
    /// The same as one that is added before it.
    case twin(Int)
  }

  /// What is to be appended.
  struct Plan {
    var additions: [MboxAddition] = []
    var places: [[UInt8]: Int] = [:]

    mutating func add(_ addition: MboxAddition) {
      places[addition.base] = additions.count
      additions.append(addition)
    }
  }

  /// Takes the locks, and reads the file anew if it changed.
  ///
  /// - Parameters:
  ///   - state: what is known of the file.
  ///   - needsMessages: whether the names alone would not do.
  /// - Returns: the locks, on the file that was read.
  /// - Throws: `mailboxLocked`, `notFound`, `unreadable`, `damaged`, `system`.
  func lockAndRead(
    _ state: inout MboxShare.State, needsMessages: Bool
  ) throws(StoreError) -> MboxLock {
    for _ in 0..<2 {
      let lock = try takeLock()
      guard try read(lock.file, &state, needsMessages: needsMessages || state.messages != nil)
      else {
        throw .unreadable(path: path, reason: "a program changes it without a lock")
      }
      guard compression == .gzip, !state.damage.isEmpty else { return lock }
      // Another file has the name then.
      try repairTorn(lock, &state)
      lock.release()
    }
    throw .damaged(file: path, reason: "its compressed data is broken; nothing is added to it")
  }

  private func place(
    _ delivery: PreparedDelivery, _ plan: inout Plan, _ state: inout MboxShare.State,
    _ lock: MboxLock
  ) throws(StoreError) -> Outcome {
    guard let message = state.spooled[delivery.temporaryName] else {
      preconditionFailure("the delivery is over")
    }
    var number = 0
    while true {
      let base = delivery.baseName(distinguishedBy: number)
      if let index = plan.places[base] {
        let other = plan.additions[index].message
        if other.digest == message.digest { return .twin(index) }
      } else if state.names.contains(MaildirMailbox.hash(base[...])),
        let twin = try present(base, &state, lock)
      {
        if try hasContent(of: message, twin) { return .present(twin) }
      } else {
        plan.add(
          MboxAddition(
            base: base, date: delivery.date, flags: delivery.flags, message: message,
            size: delivery.content.size))
        return .added(plan.additions.count - 1)
      }
      number += 1
    }
  }

  private func present(
    _ base: [UInt8], _ state: inout MboxShare.State, _ lock: MboxLock
  ) throws(StoreError) -> StoredMessage? {
    if state.messages == nil {
      state.status = nil
      guard try read(lock.file, &state, needsMessages: true) else {
        throw .unreadable(path: path, reason: "a program changes it without a lock")
      }
    }
    return state.messages?.first { $0.baseName == base[...] }
  }

  private func hasContent(
    of message: SpooledMessage, _ present: StoredMessage
  ) throws(StoreError) -> Bool {
    guard let entry = present.mboxEntry else { return false }
    return try digest(of: entry, in: try source()) == message.digest
  }

  /// The digest of a message's wire form.
  func digest(
    of entry: MboxEntry, in source: any MboxSource
  ) throws(StoreError) -> ContentDigest {
    let content = MboxContent(entry, of: source, path: path)
    let buffer = takeBuffer()
    defer { give(back: buffer) }
    let measure = ContentMeasure()
    while true {
      let count = try content.read(into: buffer.bytes)
      if count == 0 { return measure.finish().digest }
      measure.take(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
    }
  }
}
