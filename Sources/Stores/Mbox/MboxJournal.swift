import Mail
import Platform

/// What is about to happen to an mbox, as `.mailarc/mbox-<key>.journal` tells it; `formats/mbox.md` has
/// the grammar.
enum MboxIntent: Equatable {
  /// Messages are written behind the file's end.
  case append(length: Int64, lineFeeds: Int, tail: ContentDigest, isDurable: Bool)
  /// One of the messages.
  case message(
    base: [UInt8], MboxWriter.Shape, contentSize: Int64, blockLength: Int64, digest: ContentDigest)
  /// The file from an offset on is replaced by what stands in `.mailarc/mbox-<key>.copy`.
  case rewrite(from: Int64, length: Int64, newLength: Int64, inode: UInt64, tail: ContentDigest)

  /// A line, with its LF.
  var line: String {
    switch self {
    case .append(let length, let lineFeeds, let tail, let isDurable):
      "\(isDurable ? "append" : "append-unflushed") \(length) \(lineFeeds) \(tail)\n"
    case .message(let base, let shape, let contentSize, let blockLength, let digest):
      "message \(PercentEscape.word(bytes: base)) \(shape.size) \(contentSize) "
        + "\(shape.blockOffset) \(blockLength) \(shape.addsNewline ? "newline" : "-") \(shape.addsBlank ? "blank" : "-") \(digest)\n"
    case .rewrite(let from, let length, let newLength, let inode, let tail):
      "rewrite \(from) \(length) \(newLength) \(inode) \(tail)\n"
    }
  }

  /// Reads a line without its LF.
  init?(_ line: String) {
    let words = line.utf8.split(separator: UInt8(ascii: " ")).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard let kind = words.first, let digest = words.last.flatMap({ ContentDigest(hex: $0) }) else {
      return nil
    }
    let numbers = words.dropFirst().dropLast().map { Int64($0) ?? -1 }
    switch kind {
    case "append" where numbers.count == 2 && numbers.allSatisfy({ $0 >= 0 }),
      "append-unflushed" where numbers.count == 2 && numbers.allSatisfy({ $0 >= 0 }):
      self = .append(
        length: numbers[0], lineFeeds: Int(numbers[1]), tail: digest,
        isDurable: kind == "append")
    case "message" where words.count == 9 && numbers[1...4].allSatisfy({ $0 >= 0 }):
      guard let base = PercentEscape.bytes(of: words[1].utf8), numbers[2] <= numbers[1],
        numbers[3] <= numbers[1]
      else { return nil }
      let shape = MboxWriter.Shape(
        size: numbers[1], lineFeeds: 0, blockOffset: numbers[3],
        addsNewline: words[6] == "newline", addsBlank: words[7] == "blank")
      self = .message(
        base: base, shape, contentSize: numbers[2], blockLength: numbers[4], digest: digest)
    case "rewrite" where numbers.count == 4 && numbers.allSatisfy({ $0 >= 0 }):
      self = .rewrite(
        from: numbers[0], length: numbers[1], newLength: numbers[2], inode: UInt64(numbers[3]),
        tail: digest)
    default: return nil
    }
  }
}

extension MboxStore {
  private static let journalHead = "mailarc mbox journal 1\n"
  private static let tailLength: Int64 = 4096

  var journalName: String { "mbox-\(key).journal" }
  var copyName: String { "mbox-\(key).copy" }

  /// Writes down what is about to be appended.
  func journal(
    _ intent: MboxIntent, _ additions: [MboxAddition], durably: Bool,
    _ state: inout MboxShare.State
  ) throws(StoreError) {
    var text = state.hasUnflushed ? "" : Self.journalHead
    text += intent.line
    for addition in additions {
      text +=
        MboxIntent.message(
          base: addition.base, addition.message.shape, contentSize: addition.size,
          blockLength: Int64(MboxBlock.block(addition.mark, flags: addition.flags).count),
          digest: addition.message.digest
        ).line
    }
    // What is not to be durable needs no more than the beginning.
    try writeJournal(text, append: state.hasUnflushed, flush: durably || !state.hasUnflushed)
  }

  /// Writes down that the file is about to be rewritten from a copy that is on stable storage.
  func journal(rewrite intent: MboxIntent) throws(StoreError) {
    try writeJournal(Self.journalHead + intent.line, append: false, flush: true)
  }

  private func writeJournal(_ text: String, append: Bool, flush: Bool) throws(StoreError) {
    let isNew = try !stored(try context.state.contains(journalName))
    let file = try stored(try context.state.openForUpdateOrCreate(journalName))
    do {
      if !append { try file.truncate(to: 0) }
      try file.seek(to: append ? try file.status().size : 0)
      try file.write(Array(text.utf8).span)
      if flush { try file.flushData() }
      if isNew { try context.state.flush() }
    } catch {
      throw .system(error.at(context.state.path(of: journalName)))
    }
  }

  /// Forgets what is done.
  ///
  /// - Parameter durably: whether it matters that it does not come back after a crash; an append that
  ///   is done is found done again.
  /// - Throws: `system`.
  func emptyJournal(durably: Bool) throws(StoreError) {
    guard let file = try storedIfPresent(try context.state.openForUpdate(journalName)) else {
      return
    }
    do {
      try file.truncate(to: 0)
      if durably { try file.flushData() }
    } catch {
      throw .system(error.at(context.state.path(of: journalName)))
    }
  }

  /// The journal's lines as far as they are whole.
  func readJournal() throws(StoreError) -> [MboxIntent] {
    guard
      let bytes = try storedIfPresent(try context.state.readWhole(journalName, limit: 256 << 20)),
      !bytes.isEmpty
    else { return [] }
    var intents: [MboxIntent] = []
    let lines = bytes.split(separator: .lineFeed, omittingEmptySubsequences: false)
    guard lines.first?.elementsEqual(Self.journalHead.dropLast().utf8) == true else { return [] }
    for line in lines.dropFirst().dropLast() {
      guard let intent = MboxIntent(String(decoding: line, as: UTF8.self)) else { break }
      intents.append(intent)
    }
    return intents
  }

  /// The SHA-256 of the last bytes before an offset.
  func tailDigest(
    _ file: borrowing FileDescriptor, upTo end: Int64
  ) throws(StoreError) -> ContentDigest {
    let tail = try bytes(file, (end - min(end, Self.tailLength))..<end)
    return SHA256.digest(of: tail.span)
  }

  /// How many LFs must come before a From_ line at the end of a file, so that an empty line does.
  func missingLineFeeds(
    _ file: borrowing FileDescriptor, _ length: Int64
  ) throws(StoreError) -> Int {
    Self.missingLineFeeds(try bytes(file, max(0, length - 3)..<length)[...])
  }

  /// The same for content that ends in some bytes: the last three, or all.
  static func missingLineFeeds(_ last: ArraySlice<UInt8>) -> Int {
    if last.isEmpty { return 0 }
    guard last.last == .lineFeed else { return 2 }
    var before = last.dropLast()
    if before.last == .carriageReturn { before = before.dropLast() }
    return before.isEmpty || before.last == .lineFeed ? 0 : 1
  }
}
