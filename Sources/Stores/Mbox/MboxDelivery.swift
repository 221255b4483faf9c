import Mail
import Platform

/// A message that is being written into a mailbox's spool.
final class MboxDelivery: Delivery {
  private let mailbox: MboxStore
  private let temporaryName: [UInt8]
  private var spool: MboxSpool?
  private let offset: Int64
  private let hash: SHA256
  // Apart from what gathers in it: it is given back while that is being written.
  private let buffer: FileBuffer
  private var gathered: BufferedBytes
  private var writer = MboxWriter()
  private(set) var byteCount: Int64 = 0

  init(
    into mailbox: MboxStore, spool: MboxSpool, temporaryName: [UInt8], buffer: FileBuffer,
    hash: SHA256
  ) throws(StoreError) {
    self.mailbox = mailbox
    self.temporaryName = temporaryName
    self.buffer = buffer
    gathered = BufferedBytes(buffer)
    self.hash = hash
    offset = try stored(try spool.begin())
    self.spool = spool
    hash.reset()
  }

  deinit { abandon() }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    byteCount += Int64(bytes.count)
    do throws(SystemError) {
      try writer.write(bytes) { piece throws(SystemError) in try self.take(piece) }
    } catch {
      abandon()
      throw .system(error)
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    try gathered.write(bytes) { piece throws(SystemError) in try self.writeThrough(piece) }
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    guard let spool else { preconditionFailure("the delivery is over") }
    hash.update(bytes)
    try spool.append(bytes)
  }

  func finish(
    name: DeliveryName, date: InternalDate, size: Int64, wireSize: Int64, flags: Flags
  ) throws(StoreError) -> PreparedDelivery {
    assert(size == byteCount)
    let shape: MboxWriter.Shape
    do throws(SystemError) {
      shape = try writer.finish { piece throws(SystemError) in try self.take(piece) }
      try gathered.flush { piece throws(SystemError) in try self.writeThrough(piece) }
    } catch {
      abandon()
      throw .system(error)
    }
    guard let spool = spool.take() else { preconditionFailure("the delivery is over") }
    let message = SpooledMessage(
      spool: spool, offset: offset, shape: shape, digest: hash.finish())
    mailbox.keep(message, as: temporaryName)
    mailbox.give(back: spool, buffer, hash)
    return PreparedDelivery(
      temporaryName: temporaryName, name: name, number: mailbox.context.nextNumber(), date: date,
      size: size, wireSize: wireSize, flags: flags)
  }

  func abandon() {
    guard let spool = spool.take() else { return }
    spool.release()
    mailbox.give(back: spool, buffer, hash)
  }
}
