import Mail
import Platform

extension MboxStore {
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
      added = try append(additions, lock, at: length, &state, durably: durably)
    } catch {
      // What is there is not what was meant; nobody but us can have written behind `length`.
      try? lock.file.truncate(to: length)
      state.forget()
      throw error
    }
    // Whoever needs the list reads it anew: of a large mailbox nobody needs it between two batches.
    state.messages = nil
    state.contentSize = added.last?.mboxEntry?.nextOffset ?? state.contentSize
    state.missingLineFeeds = 0
    for message in added { state.names.insert(MaildirMailbox.hash(message.baseName)) }
    // Where a last line was ended first, what is known of the message before it may be wrong.
    if state.status != nil { state.status = try stored(try lock.file.status()) }
    return added
  }

  private func startFlush() {
    let (directory, fileName) = (directory, fileName)
    share.backgroundFlush.start { () throws(SystemError) in
      try directory.openForUpdate(fileName)
    }
  }

  private func makeDurable(
    _ lock: MboxLock, _ state: inout MboxShare.State
  ) throws(StoreError) {
    do {
      try share.backgroundFlush.finish()
      try lock.file.flushData()
    } catch { throw .system(error.at(path)) }
    try emptyJournal(durably: false)
    state.hasUnflushed = false
  }

  private func append(
    _ additions: [MboxAddition], _ lock: MboxLock, at length: Int64,
    _ state: inout MboxShare.State, durably: Bool
  ) throws(StoreError) -> [StoredMessage] {
    let isPlain = compression == .none
    let end = isPlain ? length : state.contentSize
    let missing = isPlain ? try missingLineFeeds(lock.file, length) : state.missingLineFeeds
    // What was the last message's content without them may be so no more.
    if missing > 0 { state.forget() }
    // A member has a checksum of its own.
    try journal(
      .append(
        length: length, lineFeeds: missing, tail: try tailDigest(lock.file, upTo: length),
        isDurable: durably),
      isPlain ? additions : [], durably: durably, &state)
    Checkpoint.pass("mbox: before the append")
    do throws(SystemError) {
      try lock.file.seek(to: length)
      let deflater = isPlain ? nil : Deflater()
      let put = { (bytes: UnsafeRawBufferPointer) throws(SystemError) in
        try lock.file.write(bytes)
        Checkpoint.pass("mbox: a part is appended")
      }
      let output = BufferedOutput(takeBuffer()) { bytes throws(SystemError) in
        guard let deflater else { return try put(bytes) }
        try deflater.deflate(bytes, isLast: false, put)
      }
      defer { give(back: output.buffer) }
      for _ in 0..<missing { try output.write([.lineFeed]) }
      let added = try write(additions, at: end + Int64(missing), output)
      try output.flush()
      try deflater?.deflate(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true, put)
      Checkpoint.pass("mbox: before the append is flushed")
      if durably {
        try share.backgroundFlush.finish()
        try lock.file.flushData()
      } else {
        startFlush()
      }
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
    let place = (message.offset + range.lowerBound)..<(message.offset + range.upperBound)
    try message.spool.forEachPiece(of: place, buffer) { piece throws(SystemError) in
      try output.write(piece)
    }
  }
}
