import Mail
import Platform

/// New bytes for a part of an mbox; none take it away.
struct MboxEdit {
  let range: Range<Int64>
  let bytes: [UInt8]
}

extension MboxStore {
  /// Makes changes to the file that don't fit into their places.
  ///
  /// A plain file is rewritten in place, under the locks, from a copy that is on stable storage, so that
  /// those who have it open or wait for it find the same file; a compressed one is replaced at one
  /// instant.
  /// - Parameters:
  ///   - edits: in the order of the file, without overlaps; offsets count in the content.
  ///   - lock: the locks on the file.
  ///   - state: what is known of the file, which is forgotten.
  /// - Throws: `unreadable`, `damaged`, `system`.
  func rewrite(
    _ edits: [MboxEdit], _ lock: MboxLock, _ state: inout MboxShare.State
  ) throws(StoreError) {
    guard let first = edits.first else { return }
    defer {
      state.forget()
      state.rewrites += 1
    }
    switch compression {
    case .none:
      // What earlier commits left to be flushed is in the copy or before it.
      if state.hasUnflushed { try flushBeforeRewrite(lock, &state) }
      let length = try stored(try lock.file.status()).size
      let copied = try writeCopy(edits, from: first.range.lowerBound, length: length)
      let intent = MboxIntent.rewrite(
        from: first.range.lowerBound, length: length,
        newLength: first.range.lowerBound + copied,
        inode: try stored(try lock.file.status()).inode,
        tail: try tailDigest(lock.file, upTo: first.range.lowerBound))
      try journal(rewrite: intent)
      Checkpoint.pass("mbox: before the rewrite")
      try finishRewrite(intent, lock)
      Checkpoint.pass("mbox: before the rewrite is forgotten")
      // Else it could be done once more, over what comes after it.
      try emptyJournal(durably: true)
      try stored(try context.state.unlink(copyName))
    case .gzip: try replaceCompressed(edits, upTo: .max)
    }
  }

  private func flushBeforeRewrite(
    _ lock: MboxLock, _ state: inout MboxShare.State
  ) throws(StoreError) {
    do { try lock.file.flushData() } catch { throw .system(error.at(path)) }
    state.hasUnflushed = false
  }

  private func writeCopy(
    _ edits: [MboxEdit], from start: Int64, length: Int64
  ) throws(StoreError) -> Int64 {
    let file = try stored(try context.state.createFile(copyName, exclusive: false))
    do {
      let source = try source()
      let output = BufferedOutput(takeBuffer()) { bytes throws(SystemError) in
        try file.write(bytes)
      }
      defer { give(back: output.buffer) }
      let written = try apply(edits, to: source, from: start, length: length, output)
      try stored(try output.flush())
      Checkpoint.pass("mbox: before the copy is flushed")
      try stored(try file.flushData())
      // The file is about to be overwritten: without its name the copy would be of no use.
      try stored(try context.state.flush())
      return written
    } catch {
      try? context.state.unlink(copyName)
      throw error
    }
  }

  /// Writes content with its changes.
  ///
  /// - Returns: how many bytes there are.
  private func apply(
    _ edits: [MboxEdit], to source: any MboxSource, from start: Int64, length: Int64,
    _ output: BufferedOutput
  ) throws(StoreError) -> Int64 {
    var position = start
    var written: Int64 = 0
    for edit in edits {
      written += try copy(source, position..<edit.range.lowerBound, output)
      try stored(try output.write(edit.bytes))
      written += Int64(edit.bytes.count)
      position = edit.range.upperBound
    }
    return written + (try copy(source, position..<length, output))
  }

  private func copy(
    _ source: any MboxSource, _ range: Range<Int64>, _ output: BufferedOutput
  ) throws(StoreError) -> Int64 {
    let buffer = takeBuffer()
    defer { give(back: buffer) }
    var position = range.lowerBound
    while position < range.upperBound {
      let part = UnsafeMutableRawBufferPointer(
        rebasing: buffer.bytes.prefix(
          Int(min(Int64(buffer.bytes.count), range.upperBound - position))))
      let count = try source.read(into: part, at: position)
      if count == 0, range.upperBound != .max {
        throw .unreadable(path: path, reason: "it became shorter while it was read")
      }
      if count == 0 { break }
      try stored(try output.write(UnsafeRawBufferPointer(rebasing: part[..<count])))
      position += Int64(count)
    }
    return position - range.lowerBound
  }

  /// Puts a new compressed file in the place of the old one.
  ///
  /// - Parameters:
  ///   - edits: what is different in it.
  ///   - length: where its content ends; `.max` for all of the old one's.
  /// - Throws: `unreadable`, `system`.
  func replaceCompressed(_ edits: [MboxEdit], upTo length: Int64) throws(StoreError) {
    let file = try stored(try context.state.createFile(copyName, exclusive: false))
    let source = try source()
    let deflater = Deflater()
    let output = BufferedOutput(takeBuffer()) { bytes throws(SystemError) in
      try deflater.deflate(bytes, isLast: false) { part throws(SystemError) in try file.write(part)
      }
    }
    defer { give(back: output.buffer) }
    // The length of compressed content is known when it is read to its end.
    let written = try apply(edits, to: source, from: 0, length: length, output)
    do throws(SystemError) {
      try output.flush()
      if written > 0 {
        try deflater.deflate(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) {
          part throws(SystemError) in
          try file.write(part)
        }
      }
      // A mailbox without messages is an empty file.
      if written == 0 { try file.truncate(to: 0) }
      try file.flush()
      Checkpoint.pass("mbox: before the new file gets its name")
      try context.state.rename(copyName, to: directory, fileName)
      Checkpoint.pass("mbox: before the new file's name is flushed")
      try directory.flush()
    } catch {
      try? context.state.unlink(copyName)
      throw .system(error)
    }
  }

  /// Copies the copy over the file, from where they differ.
  ///
  /// What somebody else appended after a run was killed in between stays behind it.
  func finishRewrite(_ intent: MboxIntent, _ lock: MboxLock) throws(StoreError) {
    guard case .rewrite(let start, let length, let newLength, let inode, let tail) = intent,
      let copy = try storedIfPresent(try context.state.openFile(copyName)),
      try stored(try copy.status()).size == newLength - start
    else { return }
    let status = try stored(try lock.file.status())
    // Another file has the name now: somebody replaced it, and what is in it is what is meant.
    guard status.inode == inode, status.size >= min(length, newLength),
      try tailDigest(lock.file, upTo: start) == tail
    else { return }
    let strange = try strangeBytes(lock.file, copy, start, length, newLength, size: status.size)
    let output = takeBuffer()
    defer { give(back: output) }
    do throws(SystemError) {
      try lock.file.seek(to: start)
      var position: Int64 = 0
      while position < newLength - start {
        let count = try copy.read(into: output.bytes, at: position)
        if count == 0 { break }
        try lock.file.write(UnsafeRawBufferPointer(rebasing: output.bytes[..<count]))
        position += Int64(count)
        Checkpoint.pass("mbox: a part is rewritten")
      }
      try lock.file.write(strange.span)
      try lock.file.truncate(to: newLength + Int64(strange.count))
      Checkpoint.pass("mbox: before the rewrite is flushed")
      try lock.file.flushData()
    } catch {
      throw .system(error.at(path))
    }
  }

  private static let strangeLimit: Int64 = 1 << 30

  /// What stands at the end of a file that was being rewritten and is of neither the old nor the new
  /// content.
  private func strangeBytes(
    _ file: borrowing FileDescriptor, _ copy: borrowing FileDescriptor, _ start: Int64,
    _ length: Int64, _ newLength: Int64, size: Int64
  ) throws(StoreError) -> [UInt8] {
    if size == length || size == newLength { return [] }
    var from = max(length, newLength)
    if size < newLength || length < newLength {
      // The file was growing: what is not as in the copy came from somebody else.
      from = length
      while from < min(size, newLength) {
        let part = from..<min(size, newLength, from + 65_536)
        let there = try bytes(file, part)
        let wanted = try bytes(copy, (part.lowerBound - start)..<(part.upperBound - start))
        let same = zip(there, wanted).prefix { $0 == $1 || $0 == 0 }.count
        from += Int64(same)
        if same < there.count { break }
      }
    } else if size < length {
      // The file was cut already.
      from = newLength
    }
    guard size - from <= Self.strangeLimit else {
      throw .damaged(file: path, reason: "more was added to it while it was being rewritten")
    }
    return from < size ? try bytes(file, from..<size) : []
  }
}
