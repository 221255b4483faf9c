import Mail

/// The names by which the messages of one mbox are told apart.
enum MboxNames {
  /// The messages in the order of the file, each with a name that no other has.
  ///
  /// Ours have their base name; copies of one, which somebody made, get a number. Others are named by
  /// the date and a hash of their header, without what changes with their flags.
  static func messages(of splitter: MboxSplitter) -> [StoredMessage] {
    var messages: [StoredMessage] = []
    var taken: [[UInt8]: Int] = [:]
    splitter.forEach { message in
      let base = message.mark?.baseName ?? foreignName(message)
      var name = base
      while let count = taken[name] {
        taken[name] = count + 1
        name = MaildirName(base).base(distinguishedBy: count)
      }
      taken[name] = 1
      messages.append(
        StoredMessage(
          MaildirName(name), in: .mbox(message.entry), flags: message.flags,
          scanned: message.scanned))
    }
    return messages
  }

  private static func foreignName(_ message: MboxMessage) -> [UInt8] {
    let hash = MailboxKey(value: message.hash).hex
    return Array("\(message.entry.date?.epochSeconds ?? 0).\(hash).mbox".utf8)
  }
}
