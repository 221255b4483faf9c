package import Mail
import Platform

/// New flags for one message.
package struct FlagChange: Sendable {
  /// The message as the last scan or change left it.
  package let message: StoredMessage
  /// All flags that it is to have.
  package let flags: Flags

  /// Pairs a message with its new flags.
  package init(_ message: StoredMessage, _ flags: Flags) {
    self.message = message
    self.flags = flags
  }
}

extension MaildirMailbox {
  /// Sets a message's flags by renaming its file; one in `new` moves to `cur`.
  ///
  /// Letters that mean nothing here stay. Durable after `flushDirectories()`.
  /// - Returns: the message under its new name.
  /// - Throws: `notFound` if the file is gone or renamed since the scan, `system`.
  package func setFlags(
    _ flags: Flags, of message: StoredMessage
  ) throws(StoreError) -> StoredMessage {
    let changed = try setFlags([FlagChange(message, flags)])
    return changed.first ?? message
  }

  /// Sets the flags of many messages; the keyword files are written at most once.
  ///
  /// - Returns: the messages under their new names, in the order given.
  /// - Throws: `notFound`, `system`; the changes before it are made.
  package func setFlags(_ changes: [FlagChange]) throws(StoreError) -> [StoredMessage] {
    requireWriting()
    guard !changes.isEmpty else { return [] }
    try provideLetters(
      for: changes.reduce(into: Set<Keyword>()) { $0.formUnion($1.flags.keywords) })
    try updatingKeywords { keywords throws(StoreError) in
      try keywords.setExtras(
        changes.map { (Array($0.message.baseName), keywords.withoutLetters($0.flags.keywords)) })
    }
    var changed: [StoredMessage] = []
    for change in changes { changed.append(try rename(change.message, for: change.flags)) }
    return changed
  }

  private func rename(
    _ message: StoredMessage, for flags: Flags
  ) throws(StoreError) -> StoredMessage {
    let old = MaildirName(message.name)
    let info = try keywords().info(for: flags, replacing: old)
    return try give(message, of: self, base: Array(message.baseName), info: info, flags: flags)
  }

  /// Moves a message into another mailbox, with its flags; it is never taken for one that is there.
  ///
  /// - Parameters:
  ///   - message: one of this mailbox.
  ///   - other: a mailbox of the same archive.
  ///   - origin: where the source has it now, for its name; nil keeps the name.
  /// - Returns: the message in the other mailbox. Both are flushed.
  /// - Throws: `notFound` if the file is gone or renamed since the scan, `system`.
  package func move(
    _ message: StoredMessage, to other: MaildirMailbox, origin: MessageOrigin?
  ) throws(StoreError) -> StoredMessage {
    requireWriting()
    let old = MaildirName(message.name)
    var base = Array(message.baseName)
    if let origin, let date = old.date, let size = old.size, let wireSize = old.wireSize {
      base = MaildirName.base(
        date: date, unique: MaildirName.originPart(origin), duplicate: 0, size: size,
        wireSize: wireSize)
    }
    let unexplained = try keywords().withoutKnownLetters(old)
    try other.provideLetters(for: message.flags.keywords)
    let info = try other.keywords().info(for: message.flags, replacing: unexplained)
    let moved = try other.give(message, of: self, base: base, info: info, flags: message.flags)
    try stored(try other.cur.flush())
    let place = try place(of: message)
    try stored(try place.flush())
    try forgetExtras(of: message)
    return moved
  }

  /// Removes a message's file; durable after `flushDirectories()`.
  ///
  /// - Throws: `notFound` if the file is gone or renamed since the scan, `system`.
  package func remove(_ message: StoredMessage) throws(StoreError) {
    requireWriting()
    let place = try place(of: message)
    guard try storedIfPresent(try place.unlink(message.name)) != nil else {
      throw .notFound(path(of: message))
    }
    Checkpoint.pass("message: removed")
    try forgetExtras(of: message)
  }

  private func forgetExtras(of message: StoredMessage) throws(StoreError) {
    try setExtras(Flags(), base: Array(message.baseName))
  }

  /// Renames a file of `source` into this mailbox's `cur`, with a number where the name is taken.
  private func give(
    _ message: StoredMessage, of source: MaildirMailbox, base: [UInt8], info: [UInt8], flags: Flags
  ) throws(StoreError) -> StoredMessage {
    let from = try source.place(of: message)
    var free = base
    var number = 0
    while true {
      let name = MaildirName(free + info)
      let renamed = StoredMessage(name, in: .cur, flags: flags)
      if source === self, message.subdirectory == .cur, name.bytes == message.name {
        return renamed
      }
      if source !== self || number > 0 { try setExtras(flags, base: free) }
      do {
        try share.withNames { () throws(SystemError) in
          try from.renameNoReplace(message.name, to: cur, name.bytes)
        }
        Checkpoint.pass("message: renamed")
        baseNames?.insert(Self.hash(name.base))
        return renamed
      } catch  where error.isNotFound {
        throw .notFound(source.path(of: message))
      } catch  where error.isExists {
        if try fileNumber(of: renamed) == source.fileNumber(of: message) {
          // A second name of the same file, left by a crash.
          try stored(try from.unlink(message.name))
          return renamed
        }
        number += 1
        free = MaildirName(base).base(distinguishedBy: number)
      } catch {
        throw .system(error)
      }
    }
  }
}
