import Mail
import Platform

extension MboxStore {
  /// Puts in order what a run that was killed left: takes away half a message at the file's end, or
  /// finishes a rewrite.
  ///
  /// What is not surely ours stays.
  func recover(_ state: inout MboxShare.State) throws(StoreError) {
    try DotLock.clear(in: directory, fileName + ".lock")
    let intents = try readJournal()
    let hasMoves = try stored(try context.state.contains(movesName))
    if intents.isEmpty, !hasMoves {
      _ = try storedIfPresent(try context.state.unlink(copyName))
      return
    }
    let lock = try takeLock()
    defer { lock.release() }
    if let first = intents.first {
      if case .rewrite = first {
        try finishRewrite(first, lock)
      } else if compression == .gzip {
        try recoverMembers(intents, lock)
      } else {
        try recoverAppends(intents, lock)
      }
      try emptyJournal(durably: true)
    }
    _ = try storedIfPresent(try context.state.unlink(copyName))
    if hasMoves { try recoverMoves(lock, &state) }
  }

  private func recoverAppends(
    _ intents: [MboxIntent], _ lock: MboxLock
  ) throws(StoreError) {
    let size = try stored(try lock.file.status()).size
    guard let intended = IntendedMessage.all(of: intents) else { return }
    var cut = intended.first?.gapStart ?? 0
    for (index, message) in intended.enumerated() {
      if let tail = message.tail {
        guard message.gapStart <= size,
          try tailDigest(lock.file, upTo: message.gapStart) == tail
        else { return }
        cut = message.gapStart
      }
      if message.end <= size, try isWhole(message, lock.file) {
        cut = message.end
        continue
      }
      if try isTorn(lock.file, cut..<size, intended[index...]) { try cutOff(lock, at: cut) }
      return
    }
    // Behind what was meant there may be zeros, where the size was noted before the content.
    if cut < size, try isPrefixOrZeros(lock.file, cut..<size, of: []) { try cutOff(lock, at: cut) }
  }

  private func cutOff(_ lock: MboxLock, at length: Int64) throws(StoreError) {
    do {
      try lock.file.truncate(to: length)
      try lock.file.flushData()
    } catch {
      throw .system(error.at(path))
    }
  }

  private func isWhole(
    _ message: IntendedMessage, _ file: borrowing FileDescriptor
  ) throws(StoreError) -> Bool {
    let shape = message.shape
    let header = message.start + Int64(message.from.count)
    let blockStart = header + shape.blockOffset
    let end = message.end - 1
    let mark = Array("\(MboxMark.fieldName): ".utf8) + message.base
    guard try bytes(file, message.gapStart..<message.start).allSatisfy({ $0 == .lineFeed }),
      try bytes(file, message.start..<header) == message.from,
      try bytes(file, blockStart..<(blockStart + Int64(mark.count))) == mark,
      try bytes(file, (end - (shape.addsNewline ? 1 : 0))..<(end + 1)).allSatisfy({
        $0 == .lineFeed
      })
    else { return false }
    let entry = MboxEntry(
      offset: message.start, headerOffset: header, contentEnd: end, nextOffset: end + 1,
      omitted: [blockStart..<(blockStart + message.block)], size: message.size, date: nil,
      isOurs: true, unquotes: true)
    return try self.digest(of: entry, in: try source()) == message.digest
  }

  func isPrefixOrZeros(
    _ file: borrowing FileDescriptor, _ range: Range<Int64>, of expected: [UInt8]
  ) throws(StoreError) -> Bool {
    var position = range.lowerBound
    while position < range.upperBound {
      let part = try bytes(file, position..<min(range.upperBound, position + 65_536))
      if part.isEmpty { break }
      let offset = Int(position - range.lowerBound)
      for (index, byte) in part.enumerated() where byte != 0 {
        guard offset + index < expected.count, expected[offset + index] == byte else {
          return false
        }
      }
      position += Int64(part.count)
    }
    return true
  }

  /// Some bytes of a file; fewer where it ends.
  func bytes(
    _ file: borrowing FileDescriptor, _ range: Range<Int64>
  ) throws(StoreError) -> [UInt8] {
    guard range.upperBound > range.lowerBound else { return [] }
    var bytes = [UInt8](repeating: 0, count: Int(range.upperBound - range.lowerBound))
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    do {
      let count = try raw.withUnsafeMutableBytes { buffer throws(SystemError) in
        try file.read(into: buffer, at: range.lowerBound)
      }
      return Array(bytes.prefix(count))
    } catch {
      throw .system(error.at(path))
    }
  }

  private func recoverMembers(
    _ intents: [MboxIntent], _ lock: MboxLock
  ) throws(StoreError) {
    let size = try stored(try lock.file.status()).size
    for intent in intents {
      guard case .append(let length, _, let tail) = intent, length < size,
        try tailDigest(lock.file, upTo: length) == tail
      else { continue }
      let end = try wholeMembers(lock.file, from: length)
      if end.position == size { continue }
      // Any part of a member may be missing after a power cut, and its checksum tells no more than that.
      if !end.isTorn { try keepTail(lock.file, end.position..<size) }
      try cutOff(lock, at: end.position)
      return
    }
  }

  /// Puts a copy of the file's end into `.mailarc/trash`.
  private func keepTail(
    _ file: borrowing FileDescriptor, _ range: Range<Int64>
  ) throws(StoreError) {
    let trash = try stored(try context.state.ensureSubdirectory("trash"))
    let name = "\(key)-\(RandomID.hex(bytes: 4))-\(fileName).end"
    let kept = try stored(try trash.createFile(name, exclusive: true))
    var position = range.lowerBound
    while position < range.upperBound {
      let part = try bytes(file, position..<min(range.upperBound, position + 65_536))
      if part.isEmpty { break }
      try stored(try kept.write(part.span))
      position += Int64(part.count)
    }
    try stored(try kept.flush())
    try stored(try trash.flush())
  }

  /// How far there are whole gzip members.
  ///
  /// - Returns: where the last whole one ends, and whether what follows is the beginning of one, or
  ///   zeros.
  func wholeMembers(
    _ file: borrowing FileDescriptor, from start: Int64
  ) throws(StoreError) -> (position: Int64, isTorn: Bool) {
    let inflater = Inflater()
    let input = takeBuffer()
    let output = takeBuffer()
    defer {
      give(back: input)
      give(back: output)
    }
    var position = start
    var whole = start
    while true {
      let count = try stored(try file.read(into: input.bytes, at: position))
      if count == 0 { return (whole, whole < position) }
      do {
        let part = UnsafeRawBufferPointer(rebasing: input.bytes[..<count])
        let (taken, written) = try inflater.inflate(part, into: output.bytes)
        position += Int64(taken)
        if inflater.isAtMemberEnd { whole = position }
        if taken == 0, written == 0 { return (whole, true) }
      } catch {
        let size = try stored(try file.status()).size
        return (whole, try isPrefixOrZeros(file, whole..<size, of: []))
      }
    }
  }
}
