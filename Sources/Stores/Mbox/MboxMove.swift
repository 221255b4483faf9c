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
    var parcels: [MboxParcel] = []
    do {
      for order in orders { parcels.append(try other.take(order, of: self)) }
      // The messages are safe in their new place before they leave the old one.
      let moved = try other.append(parcels)
      parcels = []
      Checkpoint.pass("mbox: a moved message is in both mailboxes")
      try remove(orders.map(\.message))
      return moved
    } catch {
      for parcel in parcels { other.discard([parcel.prepared]) }
      throw error
    }
  }

  /// Copies a message into the spool.
  private func take(
    _ order: MoveOrder, of source: MboxStore
  ) throws(StoreError) -> MboxParcel {
    let message = order.message
    let date = try source.internalDate(of: message)
    let file = try source.open(message)
    let delivery = try beginDelivery()
    // The lines of a foreign message in wire form all end in CRLF, so it comes back the same.
    var converter = message.scanned?.isWireForm == true ? WireToDisk() : nil
    let output = takeBuffer()
    defer { give(back: output) }
    var lineFeeds: [Int] = []
    while let chunk = try file.nextChunk() {
      guard converter != nil else {
        try delivery.write(chunk)
        continue
      }
      var rest = chunk
      while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(output.bytes.count - 1))
        let count =
          converter?.convert(part, into: output.bytes, bareLineFeeds: &lineFeeds) ?? 0
        try delivery.write(UnsafeRawBufferPointer(rebasing: output.bytes[..<count]))
        rest = UnsafeRawBufferPointer(rebasing: rest[part.count...])
      }
    }
    if converter?.finish() == true {
      try [UInt8.carriageReturn].span.bytes.withUnsafeBytes { byte throws(StoreError) in
        try delivery.write(byte)
      }
    }
    let prepared = try delivery.finish(
      origin: order.origin ?? message.origin, date: date, size: delivery.byteCount,
      wireSize: message.scanned?.wireSize ?? delivery.byteCount, flags: message.flags)
    let base = message.isOurs && order.origin == nil ? Array(message.baseName) : nil
    return MboxParcel(prepared: prepared, base: base)
  }

  /// Appends messages under names that no other has.
  private func append(_ parcels: [MboxParcel]) throws(StoreError) -> [StoredMessage] {
    try share.exclusively { state throws(StoreError) in
      defer { Self.discard(parcels.map(\.prepared), &state) }
      let lock = try self.takeLock()
      defer { lock.release() }
      try self.readLocked(lock, &state)
      var plan = Plan()
      for parcel in parcels {
        guard let message = state.spooled[parcel.prepared.temporaryName] else {
          preconditionFailure("the delivery is over")
        }
        var number = 0
        var base = parcel.baseName(0)
        while plan.places[base] != nil || state.names.contains(MaildirMailbox.hash(base[...])) {
          number += 1
          base = parcel.baseName(number)
        }
        plan.add(
          MboxAddition(
            base: base, date: parcel.prepared.date, flags: parcel.prepared.flags, message: message,
            size: parcel.prepared.size))
      }
      return try self.append(plan.additions, lock, &state, durably: true)
    }
  }
}

/// A message on its way from one mbox to another.
private struct MboxParcel {
  let prepared: PreparedDelivery
  /// The name that it keeps, if it may.
  let base: [UInt8]?

  func baseName(_ number: Int) -> [UInt8] {
    guard let base else { return prepared.baseName(distinguishedBy: number) }
    return number == 0 ? base : MaildirName(base).base(distinguishedBy: number)
  }
}
