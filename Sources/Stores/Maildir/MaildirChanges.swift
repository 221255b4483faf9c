import Mail
import Platform

extension MaildirMailbox {
  /// Sets flags by renaming files; those in `new` move to `cur`.
  ///
  /// Letters that mean nothing here stay. The keyword files are written at most once.
  /// - Returns: the messages under their new names, in the order given.
  /// - Throws: `notFound`, `system`; the changes before it are made.
  func setFlags(_ changes: [FlagChange]) throws(StoreError) -> [StoredMessage] {
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

  func move(
    _ orders: [MoveOrder], to other: any Mailbox
  ) throws(StoreError) -> [StoredMessage] {
    requireWriting()
    guard let other = other as? MaildirMailbox else {
      preconditionFailure("the mailboxes are of different archives")
    }
    var moved: [StoredMessage] = []
    for order in orders { moved.append(try rename(order, into: other)) }
    try stored(try other.cur.flush())
    try flush()
    for order in orders { try forgetExtras(of: order.message) }
    return moved
  }

  private func rename(
    _ order: MoveOrder, into other: MaildirMailbox
  ) throws(StoreError) -> StoredMessage {
    let message = order.message
    let old = MaildirName(message.name)
    var base = Array(message.baseName)
    if let origin = order.origin, let date = order.facts?.date ?? old.date,
      let size = order.facts?.size ?? old.size,
      let wireSize = order.facts?.wireSize ?? old.wireSize
    {
      base = MaildirName.base(
        date: date, unique: MaildirName.originPart(origin), duplicate: 0, size: size,
        wireSize: wireSize)
    }
    let unexplained = try keywords().withoutKnownLetters(old)
    try other.provideLetters(for: message.flags.keywords)
    let info = try other.keywords().info(for: message.flags, replacing: unexplained)
    return try other.give(message, of: self, base: base, info: info, flags: message.flags)
  }

  func remove(_ messages: [StoredMessage]) throws(StoreError) {
    requireWriting()
    for message in messages {
      let place = try place(of: message)
      if message.place != .cur { hasChangedNew = true }
      guard try storedIfPresent(try place.unlink(message.name)) != nil else {
        throw .notFound(path(of: message))
      }
      Checkpoint.pass("message: removed")
      try forgetExtras(of: message)
    }
  }

  private func forgetExtras(of message: StoredMessage) throws(StoreError) {
    try setExtras(Flags(), base: Array(message.baseName))
  }

  /// Renames a file of `source` into this mailbox's `cur`, with a number where the name is taken.
  private func give(
    _ message: StoredMessage, of source: MaildirMailbox, base: [UInt8], info: [UInt8], flags: Flags
  ) throws(StoreError) -> StoredMessage {
    let from = try source.place(of: message)
    if message.place != .cur { source.hasChangedNew = true }
    var free = base
    var number = 0
    while true {
      let name = MaildirName(free + info)
      let renamed = StoredMessage(name, in: .cur, flags: flags)
      if source === self, message.place == .cur, name.bytes == message.name {
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
