import Mail
import Platform

extension Mailbox {
  /// Copies a message of another mailbox, as its mailbox has it now, to be delivered here.
  ///
  /// - Parameters:
  ///   - order: the message, and what its name is to say of its source.
  ///   - source: where it is.
  ///   - buffer: memory for it.
  /// - Returns: the copy, complete and not delivered yet.
  /// - Throws: what reading and writing throw.
  func prepareCopy(
    _ order: MoveOrder, of source: any ReadableMailbox, through buffer: FileBuffer
  ) throws(StoreError) -> PreparedDelivery {
    let message = order.message
    let date = try source.internalDate(of: message)
    let file = try source.open(message)
    let delivery = try beginDelivery()
    // The lines of a foreign message in wire form all end in CRLF, so it comes back the same.
    let isWireForm = message.scanned?.isWireForm == true
    var converter = WireToDisk()
    let measure = ContentMeasure()
    func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
      measure.take(bytes)
      try delivery.write(bytes)
    }
    while let chunk = try file.nextChunk() {
      if isWireForm {
        try converter.convert(chunk, through: buffer.bytes, write: write)
      } else {
        try write(chunk)
      }
    }
    try converter.finish(write: write)
    let name: DeliveryName =
      if let origin = order.origin { .fetched(origin) } else if message.isOurs {
        .kept(Array(message.baseName))
      } else { .new }
    // Else an edit would be taken for damage.
    let modified = message.isOurs ? try source.modificationTime(of: message) : nil
    return try delivery.finish(
      name: name, date: date, modified: modified, content: measure.finish(), flags: message.flags)
  }

  /// Copies messages of another mailbox here under their names; when it returns, they are on stable
  /// storage.
  ///
  /// One that is here with the same name and content is not added; with other content it gets a number.
  /// - Parameters:
  ///   - messages: the messages.
  ///   - source: where they are.
  /// - Returns: what became of each, in the order given.
  /// - Throws: what reading and writing throw. Then some may be here.
  package func take(
    _ messages: [StoredMessage], from source: any ReadableMailbox
  ) throws(StoreError) -> [Delivered] {
    let buffer = FileBuffer()
    var prepared: [PreparedDelivery] = []
    do {
      for message in messages {
        prepared.append(
          try prepareCopy(MoveOrder(message, origin: nil), of: source, through: buffer))
      }
    } catch {
      discard(prepared)
      throw error
    }
    return try commit(prepared)
  }
}

extension ReadableMailbox {
  /// What a message of mailarc's holds, by reading it.
  ///
  /// - Throws: what reading throws.
  func content(of message: StoredMessage) throws(StoreError) -> WrittenContent {
    let file = try open(message)
    let measure = ContentMeasure()
    while let chunk = try file.nextChunk() { measure.take(chunk) }
    return measure.finish()
  }
}
