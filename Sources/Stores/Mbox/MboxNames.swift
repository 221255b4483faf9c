import Mail

/// The names by which the messages of one mbox are told apart.
enum MboxNames {
  /// The messages in the order of the file, each with a name that no other has.
  ///
  /// Ours have their base name; copies of one, which somebody made, get a number. Others are named by
  /// the date and a hash of their header, without what changes with their flags.
  static func messages(of splitter: MboxSplitter) -> [StoredMessage] {
    var messages: [StoredMessage] = []
    messages.reserveCapacity(splitter.evidence.messages + 16)
    // By a hash: the names of a large file would be much to keep twice.
    var taken: [UInt64: Int] = [:]
    taken.reserveCapacity(splitter.evidence.messages)
    splitter.forEach { message in
      let base = message.mark?.baseName ?? foreignName(message)
      var name = base
      while let count = taken[hash(name)] {
        taken[hash(name)] = count + 1
        name = MaildirName(base).base(distinguishedBy: count)
      }
      taken[hash(name)] = 1
      messages.append(
        StoredMessage(
          MaildirName(name), in: .mbox(message.entry), flags: message.flags,
          scanned: message.scanned))
    }
    return messages
  }

  // FNV-1a.
  private static func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  private static func foreignName(_ message: MboxMessage) -> [UInt8] {
    let hash = MailboxKey(value: message.hash).hex
    return Array("\(message.entry.date?.epochSeconds ?? 0).\(hash).mbox".utf8)
  }
}
