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
      let moved = try other.append(parcels)
      parcels = []
      Checkpoint.pass("mbox: a moved message is in both mailboxes")
      try remove(orders.map(\.message))
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
    let name: DeliveryName =
      if let origin = order.origin { .fetched(origin) } else if message.isOurs {
        .kept(Array(message.baseName))
      } else { .new }
    return try delivery.finish(
      name: name, date: date, size: delivery.byteCount,
      wireSize: message.scanned?.wireSize ?? delivery.byteCount, flags: message.flags)
  }

  /// Appends messages under names that no other has.
  private func append(_ parcels: [PreparedDelivery]) throws(StoreError) -> [StoredMessage] {
    try share.exclusively { state throws(StoreError) in
      defer { Self.discard(parcels, &state) }
      let lock = try self.takeLock()
      defer { lock.release() }
      try self.readLocked(lock, &state)
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
            size: parcel.size))
      }
      return try self.append(plan.additions, lock, &state, durably: true)
    }
  }
}
