import Glibc
import Mail
import Platform

extension MaildirMailbox {
  /// All messages in `cur` and `new`, ordered.
  ///
  /// Dot files, directories, symbolic links and backup files of editors (`name~`, `#name#`) are no
  /// messages. `tmp` is left alone.
  /// - Throws: `unreadable` if the mailbox changes so fast that the list can't be trusted, `damaged`
  ///   for a keyword file, `system`. A list that is returned is complete.
  func scan() throws(StoreError) -> [StoredMessage] {
    let names = try stableNames()
    // Read after the names: a letter gets its meaning before a file gets the letter.
    var keywords = try reloadKeywords()
    var messages = names.map { name, isNew in
      let name = MaildirName(name)
      return StoredMessage(name, in: isNew ? .new : .cur, flags: keywords.flags(of: name))
    }
    messages.sort()
    return try withoutSecondNames(messages)
  }

  // There may be very many: a place would take more room than the name.
  private typealias FoundName = (bytes: [UInt8], isNew: Bool)

  // A rename during a pass can hide a file from it, so a pass counts only if nothing changed
  // meanwhile.
  private func stableNames() throws(StoreError) -> [FoundName] {
    for attempt in 0..<12 {
      // What other programs do to a mailbox is mostly over soon.
      if attempt > 0 { usleep(min(1_000 << UInt32(attempt), 200_000)) }
      let names = try share.withNames { () throws(StoreError) in try namesIfStable() }
      if let names { return names }
    }
    throw .unreadable(path: path, reason: "another program keeps changing it")
  }

  private func namesIfStable() throws(StoreError) -> [FoundName]? {
    let before = try directoryTimes()
    var names: [FoundName] = []
    try list(cur) { names.append(($0, false)) }
    if let new = try newDirectory() { try list(new) { names.append(($0, true)) } }
    return try directoryTimes() == before ? names : nil
  }

  private func directoryTimes() throws(StoreError) -> [Int64] {
    var times = [try stored(try cur.status()).changedNanoseconds]
    if let new = try newDirectory() {
      times.append(try stored(try new.status()).changedNanoseconds)
    }
    return times
  }

  private func list(_ directory: Directory, _ body: ([UInt8]) -> Void) throws(StoreError) {
    var stream = try stored(try directory.stream())
    while let entry = try stored(try stream.next()) {
      if entry.kind == .file, Self.isMessageName(entry.bytes) { body(entry.bytes) }
    }
  }

  private static func isMessageName(_ name: [UInt8]) -> Bool {
    guard let first = name.first, let last = name.last else { return false }
    let isBackup =
      last == UInt8(ascii: "~") || (first == UInt8(ascii: "#") && last == UInt8(ascii: "#"))
    return first != UInt8(ascii: ".") && !isBackup
  }

  // Where a rename is a link and an unlink (NFS, some FUSE), a crash between leaves one file with
  // two names.
  private func withoutSecondNames(
    _ messages: [StoredMessage]
  ) throws(StoreError) -> [StoredMessage] {
    let hasEqual = zip(messages, messages.dropFirst()).contains { $0.baseName == $1.baseName }
    guard hasEqual else { return messages }
    var kept: [StoredMessage] = []
    kept.reserveCapacity(messages.count)
    for message in messages {
      if let last = kept.last, last.baseName == message.baseName,
        try fileNumber(of: last) == fileNumber(of: message)
      {
        kept.removeLast()
      }
      kept.append(message)
    }
    return kept
  }

  /// The file's number; nil if it is gone.
  func fileNumber(of message: StoredMessage) throws(StoreError) -> UInt64? {
    let place = try place(of: message)
    return try storedIfPresent(try place.status(of: message.name))?.inode
  }

  /// All names as they are now, without their flags.
  func names() throws(StoreError) -> [MaildirName] {
    try stableNames().map { MaildirName($0.bytes) }
  }

  /// The message of that base name as it is now; nil if there is none.
  func find(baseName: ArraySlice<UInt8>) throws(StoreError) -> StoredMessage? {
    var keywords = try keywords()
    for (bytes, isNew) in try stableNames() {
      let name = MaildirName(bytes)
      if name.base == baseName {
        return StoredMessage(name, in: isNew ? .new : .cur, flags: keywords.flags(of: name))
      }
    }
    return nil
  }
}
