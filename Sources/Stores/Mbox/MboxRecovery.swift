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
    var sections = intents.split { if case .append = $0 { true } else { false } }[...]
    var end: Int64 = 0
    for intent in intents {
      guard case .append(let length, let lineFeeds, let tail) = intent else { continue }
      guard length <= size, try tailDigest(lock.file, upTo: length) == tail else { return }
      let messages = sections.popFirst() ?? []
      end = length + Int64(lineFeeds)
      var cut = length
      guard try isPrefixOrZeros(lock.file, length..<min(end, size), of: [.lineFeed, .lineFeed])
      else { return }
      if end > size { return try cutOff(lock, at: cut) }
      for message in messages {
        guard case .message(let base, let shape, _, let block, _) = message,
          let date = MaildirName(base).date
        else { return }
        let from = MboxBlock.fromLine(date)
        let next = end + Int64(from.count) + shape.size + block + 1
        if next <= size, try isWhole(message, lock.file, at: end, from: from) {
          end = next
          cut = next
          continue
        }
        if try isTorn(lock.file, end..<size, from: from, length: next - end) {
          try cutOff(lock, at: cut)
        }
        return
      }
    }
    // Behind what was meant there may be zeros, where the size was noted before the content.
    if end < size, try isPrefixOrZeros(lock.file, end..<size, of: []) { try cutOff(lock, at: end) }
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
    _ intent: MboxIntent, _ file: borrowing FileDescriptor, at start: Int64, from: [UInt8]
  ) throws(StoreError) -> Bool {
    guard case .message(let base, let shape, let size, let block, let digest) = intent else {
      return false
    }
    let header = start + Int64(from.count)
    let blockStart = header + shape.blockOffset
    let end = header + shape.size + block
    let mark = Array("\(MboxMark.fieldName): ".utf8) + base
    guard try bytes(file, start..<header) == from,
      try bytes(file, blockStart..<(blockStart + Int64(mark.count))) == mark,
      try bytes(file, (end - (shape.addsNewline ? 1 : 0))..<(end + 1)).allSatisfy({
        $0 == .lineFeed
      })
    else { return false }
    let entry = MboxEntry(
      offset: start, headerOffset: header, contentEnd: end, nextOffset: end + 1,
      omitted: [blockStart..<(blockStart + block)], size: size, date: nil, isOurs: true,
      unquotes: true)
    return try self.digest(of: entry, in: try source()) == digest
  }

  /// Whether what stands at the file's end is the beginning of a message that was to be written there,
  /// or zeros, and nothing that somebody else wrote.
  private func isTorn(
    _ file: borrowing FileDescriptor, _ range: Range<Int64>, from: [UInt8], length: Int64
  ) throws(StoreError) -> Bool {
    let buffer = takeBuffer()
    defer { give(back: buffer) }
    // As all lines like it are quoted, a From_ line in a message is somebody else's.
    var position = range.lowerBound
    var matched = 0
    var isLineStart = false
    var wordLength = 0
    var zerosFrom: Int64?
    let word = Array("From ".utf8)
    while position < range.upperBound {
      let part = UnsafeMutableRawBufferPointer(
        rebasing: buffer.bytes.prefix(
          Int(min(Int64(buffer.bytes.count), range.upperBound - position))))
      let count = try stored(try file.read(into: part, at: position))
      if count == 0 { break }
      for (index, byte) in part[..<count].enumerated() {
        if byte == 0 {
          zerosFrom = zerosFrom ?? position + Int64(index)
        } else {
          zerosFrom = nil
        }
        if matched < from.count, zerosFrom == nil {
          guard byte == from[matched] else { return false }
          matched += 1
        }
        if isLineStart || wordLength > 0 {
          wordLength = byte == word[wordLength] ? wordLength + 1 : 0
          if wordLength == word.count { return false }
        }
        isLineStart = byte == .lineFeed
      }
      position += Int64(count)
    }
    return (zerosFrom ?? range.upperBound) - range.lowerBound < length
  }

  private func isPrefixOrZeros(
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
      if end.isTorn {
        try cutOff(lock, at: end.position)
        return
      }
    }
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
