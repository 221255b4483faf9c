import Mail
import Platform

extension MboxStore {
  func setFlags(_ changes: [FlagChange]) throws(StoreError) -> [StoredMessage] {
    requireWriting()
    guard !changes.isEmpty else { return [] }
    return try share.exclusively { state throws(StoreError) in
      let lock = try self.lockAndRead(&state, needsMessages: true)
      defer { lock.release() }
      var found: [(index: Int, entry: MboxEntry, flags: Flags)] = []
      var names: [[UInt8]] = []
      for change in changes {
        let (index, message, entry) = try self.find(unchanged: change.message, in: state)
        names.append(message.name)
        if change.flags != message.flags { found.append((index, entry, change.flags)) }
      }
      // From front to back, as a compressed file is read.
      found.sort { $0.entry.offset < $1.entry.offset }
      let source = try self.source()
      var edits: [(edit: MboxEdit, index: Int, flags: Flags, fits: Bool)] = []
      for (index, entry, flags) in found {
        let (edit, fits) = try self.edit(entry, flags, source)
        edits.append((edit, index, flags, fits))
      }
      if self.compression == .none, edits.allSatisfy(\.fits) {
        for (edit, index, flags, _) in edits {
          try self.write(edit, lock)
          if let changed = state.messages?[index].with(flags) { state.messages?[index] = changed }
        }
        state.status = try stored(try lock.file.status())
      } else {
        try self.rewrite(edits.map(\.edit), lock, &state)
        try self.reread(&state)
      }
      return try self.messages(named: names, in: state)
    }
  }

  private func write(_ edit: MboxEdit, _ lock: MboxLock) throws(StoreError) {
    do {
      try lock.file.seek(to: edit.range.lowerBound)
      try lock.file.write(edit.bytes.span)
      Checkpoint.pass("mbox: flags are written")
    } catch {
      throw .system(error.at(path))
    }
  }

  // The lock is still held on the file as it was; a compressed one has another under its name now.
  private func reread(_ state: inout MboxShare.State) throws(StoreError) {
    guard let file = try storedIfPresent(try directory.openFile(fileName)) else {
      throw .notFound(path)
    }
    guard try read(file, &state, needsMessages: true) else {
      throw .unreadable(path: path, reason: "a program changes it without a lock")
    }
  }

  private func messages(
    named names: [[UInt8]], in state: MboxShare.State
  ) throws(StoreError) -> [StoredMessage] {
    let wanted = Set(names)
    var found: [[UInt8]: StoredMessage] = [:]
    for message in state.messages ?? [] where wanted.contains(message.name) {
      found[message.name] = message
    }
    var messages: [StoredMessage] = []
    for name in names {
      guard let message = found[name] else {
        throw .notFound("\(path): \(String(decoding: name, as: UTF8.self))")
      }
      messages.append(message)
    }
    return messages
  }

  /// The message as it is now, if its flags are as the caller saw them.
  private func find(
    unchanged message: StoredMessage, in state: MboxShare.State
  ) throws(StoreError) -> (index: Int, message: StoredMessage, entry: MboxEntry) {
    let found = try find(message, in: state)
    guard found.message.flags == message.flags else { throw .notFound(path(of: message)) }
    return found
  }

  private static let headerLimit: Int64 = 16 << 20

  /// What is to be written to give a message flags, and whether it fits into its place.
  private func edit(
    _ entry: MboxEntry, _ flags: Flags, _ source: any MboxSource
  ) throws(StoreError) -> (edit: MboxEdit, fits: Bool) {
    if let block = entry.block {
      let lines = try Self.bytes(block, of: source)
      if let replaced = MboxBlock.replacing(lines, flags) {
        return (MboxEdit(range: block, bytes: replaced), true)
      }
      let kept = MboxBlock.removingFlags(lines)
      let hasBlank = kept.suffix(2) == [.lineFeed, .lineFeed]
      let bytes = kept.dropLast(hasBlank ? 1 : 0) + MboxBlock.fields(flags)
      return (MboxEdit(range: block, bytes: bytes + (hasBlank ? [.lineFeed] : [])), false)
    }
    let start = entry.headerOffset
    var header: [UInt8] = []
    var region = MboxFieldRegion()
    // Most headers are short, and what is behind one may be long.
    for limit in [64 << 10, Self.headerLimit] where region.end == nil {
      header = try Self.bytes(start..<min(entry.contentEnd, start + limit), of: source)
      region = MboxFieldRegion()
      header.withUnsafeBytes { region.take($0) }
    }
    region.finish()
    let lines = Array(header[..<Int(region.end ?? Int64(header.count))])
    let range = start..<(start + Int64(lines.count))
    let kept = MboxBlock.removingFlags(lines)
    if kept.count == lines.count - MboxBlock.fieldsLength(lines),
      let replaced = MboxBlock.replacing(lines, flags)
    {
      return (MboxEdit(range: range, bytes: replaced), true)
    }
    let fields = flags.isEmpty ? [] : MboxBlock.fields(flags)
    // A header that is cut in its last line must stay so.
    let isCut = kept.last.map { $0 != .lineFeed } ?? false
    return (MboxEdit(range: range, bytes: isCut ? fields + kept : kept + fields), false)
  }

  private static func bytes(
    _ range: Range<Int64>, of source: any MboxSource
  ) throws(StoreError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(range.upperBound - range.lowerBound))
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    let count = try raw.withUnsafeMutableBytes { buffer throws(StoreError) in
      buffer.isEmpty ? 0 : try source.read(into: buffer, at: range.lowerBound)
    }
    return Array(bytes.prefix(count))
  }

  func remove(_ messages: [StoredMessage]) throws(StoreError) {
    requireWriting()
    guard !messages.isEmpty else { return }
    try share.exclusively { state throws(StoreError) in
      let lock = try self.lockAndRead(&state, needsMessages: true)
      defer { lock.release() }
      var edits: [MboxEdit] = []
      for message in messages {
        let entry = try self.find(unchanged: message, in: state).entry
        edits.append(MboxEdit(range: entry.offset..<entry.nextOffset, bytes: []))
      }
      edits.sort { $0.range.lowerBound < $1.range.lowerBound }
      try self.rewrite(edits, lock, &state)
    }
  }
}

extension StoredMessage {
  /// The same message with other flags.
  func with(_ flags: Flags) -> StoredMessage {
    StoredMessage(MaildirName(name), in: place, flags: flags, scanned: scanned)
  }
}
