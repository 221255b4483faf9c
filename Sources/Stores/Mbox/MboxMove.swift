import Mail
import Platform

extension MboxStore {
  func move(
    _ orders: [MoveOrder], to other: any Mailbox
  ) throws(StoreError) -> [StoredMessage] {
    requireWriting()
    guard let other = other as? MboxStore else {
      preconditionFailure("the mailboxes are of different archives")
    }
    guard !orders.isEmpty else { return [] }
    var parcels: [PreparedDelivery] = []
    do {
      for order in orders { parcels.append(try other.take(order, of: self)) }
      // The messages are safe in their new place before they leave the old one.
      let moved = try other.append(parcels) { additions throws(StoreError) in
        try self.noteMoves(zip(orders, additions), to: other.name)
      }
      parcels = []
      Checkpoint.pass("mbox: a moved message is in both mailboxes")
      try remove(orders.map(\.message))
      Checkpoint.pass("mbox: before the move is forgotten")
      _ = try storedIfPresent(try context.state.unlink(movesName))
      return moved
    } catch {
      other.discard(parcels)
      throw error
    }
  }

  /// Copies a message into the spool.
  private func take(
    _ order: MoveOrder, of source: MboxStore
  ) throws(StoreError) -> PreparedDelivery {
    let buffer = takeBuffer()
    defer { give(back: buffer) }
    return try prepareCopy(order, of: source, through: buffer)
  }

  /// Appends messages under names that no other has.
  private func append(
    _ parcels: [PreparedDelivery],
    afterNaming: ([MboxAddition]) throws(StoreError) -> Void
  ) throws(StoreError) -> [StoredMessage] {
    try share.exclusively { state throws(StoreError) in
      defer { Self.discard(parcels, &state) }
      let lock = try self.lockAndRead(&state, needsMessages: false)
      defer { lock.release() }
      var plan = Plan()
      for parcel in parcels {
        guard let message = state.spooled[parcel.temporaryName] else {
          preconditionFailure("the delivery is over")
        }
        var number = 0
        var base = parcel.baseName(distinguishedBy: 0)
        while plan.places[base] != nil || state.names.contains(MaildirMailbox.hash(base[...])) {
          number += 1
          base = parcel.baseName(distinguishedBy: number)
        }
        plan.add(
          MboxAddition(
            base: base, date: parcel.date, flags: parcel.flags, message: message,
            size: parcel.content.size))
      }
      try afterNaming(plan.additions)
      return try self.append(plan.additions, lock, &state, durably: true)
    }
  }

  private static let movesText = StateText(kind: "mailarc mbox moves", version: 1, limit: 64 << 20)

  var movesName: String { "mbox-\(key).moves" }

  /// Writes down which messages are about to be in two mailboxes.
  private func noteMoves(
    _ moves: some Sequence<(MoveOrder, MboxAddition)>, to other: MailboxName
  ) throws(StoreError) {
    let target = PercentEscape.word(other.stateForm)
    let lines = moves.map { order, addition in
      "\(PercentEscape.word(bytes: order.message.name)) \(target) "
        + PercentEscape.word(bytes: addition.base)
    }
    try Self.movesText.write(lines, to: movesName, in: context.state)
  }

  /// Takes away messages that a run which was killed had moved already.
  func recoverMoves(_ lock: MboxLock, _ state: inout MboxShare.State) throws(StoreError) {
    guard let lines = try Self.movesText.read(movesName, in: context.state) else { return }
    var arrived: [MailboxName: Set<[UInt8]>] = [:]
    _ = try read(lock.file, &state, needsMessages: true)
    var edits: [MboxEdit] = []
    for line in lines {
      let words = line.utf8.split(separator: UInt8(ascii: " "))
      guard words.count == 3, let old = PercentEscape.bytes(of: words[0]),
        let target = PercentEscape.decode(words[1]).flatMap({ MailboxName(stateForm: $0) }),
        let new = PercentEscape.bytes(of: words[2])
      else { break }
      if arrived[target] == nil { arrived[target] = try wholeNames(in: target, state) }
      guard arrived[target]?.contains(new) == true, target != name || old != new else { continue }
      for message in state.messages ?? [] where message.name == old {
        guard let entry = message.mboxEntry else { continue }
        edits.append(MboxEdit(range: entry.offset..<entry.nextOffset, bytes: []))
      }
    }
    edits.sort { $0.range.lowerBound < $1.range.lowerBound }
    try rewrite(edits, lock, &state)
    try stored(try context.state.unlink(movesName))
  }

  /// The names of a mailbox's messages that are there as a whole.
  private func wholeNames(
    in other: MailboxName, _ state: MboxShare.State
  ) throws(StoreError) -> Set<[UInt8]> {
    var messages = state.messages ?? []
    if other != name {
      guard let source = try layout.source(of: other) else { return [] }
      messages = MboxNames.messages(of: MboxScan(source, forced: nil).splitter)
    }
    return Set(messages.filter { $0.scanned?.size == $0.namedSize }.map(\.name))
  }
}
