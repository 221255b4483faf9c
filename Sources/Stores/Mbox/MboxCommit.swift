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
        if other.digest == message.digest, other.shape == message.shape { return .twin(index) }
      } else if state.names.contains(MaildirMailbox.hash(base[...])),
        let twin = try present(base, &state, lock)
      {
        if try hasContent(of: message, twin) { return .present(twin) }
      } else {
        plan.add(
          MboxAddition(
            base: base, date: delivery.date, flags: delivery.flags, message: message,
            size: delivery.size))
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
    let content = MboxContent(entry, of: try source(), path: path(of: present))
    let hash = SHA256()
    let buffer = takeBuffer()
    defer { give(back: buffer) }
    var writer = MboxWriter()
    while true {
      let count = try content.read(into: buffer.bytes)
      if count == 0 { break }
      writer.write(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])) { hash.update($0) }
    }
    let shape = writer.finish { hash.update($0) }
    return shape == message.shape && hash.finish() == message.digest
  }

  /// Appends messages, under the journal's protection.
  ///
  /// - Returns: the messages as they stand there.
  func append(
    _ additions: [MboxAddition], _ lock: MboxLock, _ state: inout MboxShare.State, durably: Bool
  ) throws(StoreError) -> [StoredMessage] {
    guard !additions.isEmpty else {
      // The caller may rely on what an earlier commit left for later.
      if durably, state.hasUnflushed { try makeDurable(lock, &state) }
      return []
    }
    let length = try stored(try lock.file.status()).size
    let added: [StoredMessage]
    do {
      added = switch compression {
      case .none: try appendPlain(additions, lock, at: length, &state, durably: durably)
      case .gzip: try appendMember(additions, lock, at: length, &state, durably: durably)
      }
    } catch {
      // What is there is not what was meant; nobody but us can have written behind `length`.
      try? lock.file.truncate(to: length)
      state.forget()
      throw error
    }
    state.messages?.append(contentsOf: added)
    state.contentSize = added.last?.mboxEntry?.nextOffset ?? state.contentSize
    state.missingLineFeeds = 0
    for message in added { state.names.insert(MaildirMailbox.hash(message.baseName)) }
    // Where a last line was ended first, what is known of the message before it may be wrong.
    if state.status != nil { state.status = try stored(try lock.file.status()) }
    return added
  }

  private func makeDurable(
    _ lock: MboxLock, _ state: inout MboxShare.State
  ) throws(StoreError) {
    do { try lock.file.flushData() } catch { throw .system(error.at(path)) }
    try emptyJournal(durably: false)
    state.hasUnflushed = false
  }

  private func appendPlain(
    _ additions: [MboxAddition], _ lock: MboxLock, at length: Int64,
    _ state: inout MboxShare.State, durably: Bool
  ) throws(StoreError) -> [StoredMessage] {
    let missing = try missingLineFeeds(lock.file, length)
    // What was the last message's content without them may be so no more.
    if missing > 0 { state.forget() }
    try journal(
      .append(length: length, lineFeeds: missing, tail: try tailDigest(lock.file, upTo: length)),
      additions, durably: durably, &state)
    Checkpoint.pass("mbox: before the append")
    do throws(SystemError) {
      try lock.file.seek(to: length)
      let output = BufferedOutput(takeBuffer()) { bytes throws(SystemError) in
        try lock.file.write(bytes)
        Checkpoint.pass("mbox: a part is appended")
      }
      defer { give(back: output.buffer) }
      for _ in 0..<missing { try output.write([.lineFeed]) }
      let added = try write(additions, at: length + Int64(missing), output)
      try output.flush()
      Checkpoint.pass("mbox: before the append is flushed")
      if durably { try lock.file.flushData() } else { lock.file.startWriteback() }
      Checkpoint.pass("mbox: appended")
      try finishAppend(&state, durably: durably)
      return added
    } catch {
      throw .system(error.at(path))
    }
  }

  private func finishAppend(
    _ state: inout MboxShare.State, durably: Bool
  ) throws(SystemError) {
    state.hasUnflushed = !durably
    if durably {
      do { try emptyJournal(durably: false) } catch {
        if case .system(let error) = error { throw error }
      }
    }
  }

  private func appendMember(
    _ additions: [MboxAddition], _ lock: MboxLock, at length: Int64,
    _ state: inout MboxShare.State, durably: Bool
  ) throws(StoreError) -> [StoredMessage] {
    let end = state.contentSize
    let missing = state.missingLineFeeds
    if missing > 0 { state.forget() }
    try journal(
      .append(length: length, lineFeeds: missing, tail: try tailDigest(lock.file, upTo: length)),
      [], durably: durably, &state)
    Checkpoint.pass("mbox: before the append")
    do throws(SystemError) {
      try lock.file.seek(to: length)
      let deflater = Deflater()
      let output = BufferedOutput(takeBuffer()) { bytes throws(SystemError) in
        try deflater.deflate(bytes, isLast: false) { part throws(SystemError) in
          try lock.file.write(part)
          Checkpoint.pass("mbox: a part is appended")
        }
      }
      defer { give(back: output.buffer) }
      for _ in 0..<missing { try output.write([.lineFeed]) }
      let added = try write(additions, at: end + Int64(missing), output)
      try output.flush()
      try deflater.deflate(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) {
        part throws(SystemError) in
        try lock.file.write(part)
      }
      Checkpoint.pass("mbox: before the append is flushed")
      if durably { try lock.file.flushData() } else { lock.file.startWriteback() }
      Checkpoint.pass("mbox: appended")
      try finishAppend(&state, durably: durably)
      return added
    } catch {
      throw .system(error.at(path))
    }
  }

  /// Writes messages one after another.
  private func write(
    _ additions: [MboxAddition], at start: Int64, _ output: BufferedOutput
  ) throws(SystemError) -> [StoredMessage] {
    var offset = start
    var added: [StoredMessage] = []
    let buffer = takeBuffer()
    defer { give(back: buffer) }
    for addition in additions {
      let fromLine = addition.fromLine
      let block = MboxBlock.block(addition.mark, flags: addition.flags)
      let shape = addition.message.shape
      try output.write(fromLine)
      try copy(addition.message, 0..<shape.blockOffset, to: output, buffer)
      try output.write(block)
      try copy(addition.message, shape.blockOffset..<shape.size, to: output, buffer)
      try output.write([.lineFeed])
      let message = addition.stored(at: offset, fromLine: fromLine.count, block: block.count)
      offset = message.mboxEntry?.nextOffset ?? offset
      added.append(message)
    }
    return added
  }

  private func copy(
    _ message: SpooledMessage, _ range: Range<Int64>, to output: BufferedOutput,
    _ buffer: FileBuffer
  ) throws(SystemError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let part = UnsafeMutableRawBufferPointer(
        rebasing: buffer.bytes.prefix(Int(min(Int64(buffer.bytes.count), range.upperBound - position))))
      let count = try message.spool.read(into: part, at: message.offset + position)
      guard count == part.count else {
        throw SystemError(errno: 5, operation: "read what was written to", path: context.state.path)
      }
      try output.write(UnsafeRawBufferPointer(part))
      position += Int64(count)
    }
  }
}

/// Gathers small pieces.
final class BufferedOutput {
  let buffer: FileBuffer
  private var count = 0
  private let put: (UnsafeRawBufferPointer) throws(SystemError) -> Void

  init(
    _ buffer: FileBuffer, _ put: @escaping (UnsafeRawBufferPointer) throws(SystemError) -> Void
  ) {
    self.buffer = buffer
    self.put = put
  }

  func write(_ bytes: [UInt8]) throws(SystemError) {
    try bytes.span.bytes.withUnsafeBytes { bytes throws(SystemError) in try write(bytes) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    if count + bytes.count > buffer.bytes.count { try flush() }
    guard bytes.count < buffer.bytes.count else { return try put(bytes) }
    UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[count...]).copyMemory(from: bytes)
    count += bytes.count
  }

  func flush() throws(SystemError) {
    guard count > 0 else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
    count = 0
    try put(bytes)
  }
}
