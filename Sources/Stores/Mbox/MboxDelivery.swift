import Mail
import Platform

/// A message that is being written into a mailbox's spool.
final class MboxDelivery: Delivery {
  private let mailbox: MboxStore
  private let temporaryName: [UInt8]
  private var spool: MboxSpool?
  private let offset: Int64
  private var writer = MboxWriter()
  private(set) var byteCount: Int64 = 0

  init(into mailbox: MboxStore, spool: MboxSpool, temporaryName: [UInt8]) {
    self.mailbox = mailbox
    self.temporaryName = temporaryName
    self.spool = spool
    offset = spool.begin()
  }

  deinit { abandon() }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    guard let spool else { preconditionFailure("the delivery is over") }
    byteCount += Int64(bytes.count)
    do throws(SystemError) {
      try writer.write(bytes) { piece throws(SystemError) in try spool.append(piece) }
    } catch {
      abandon()
      throw .system(error)
    }
  }

  func finish(
    name: DeliveryName, date: InternalDate, modified: InternalDate?, content: WrittenContent,
    flags: Flags
  ) throws(StoreError) -> PreparedDelivery {
    assert(content.size == byteCount)
    guard let spool else { preconditionFailure("the delivery is over") }
    let shape: MboxWriter.Shape
    do throws(SystemError) {
      shape = try writer.finish { piece throws(SystemError) in try spool.append(piece) }
    } catch {
      abandon()
      throw .system(error)
    }
    self.spool = nil
    mailbox.keep(
      SpooledMessage(spool: spool, offset: offset, shape: shape, digest: content.digest),
      as: temporaryName)
    mailbox.give(back: spool)
    return PreparedDelivery(
      temporaryName: temporaryName, name: name, number: mailbox.context.nextNumber(), date: date,
      content: content, flags: flags)
  }

  func abandon() {
    guard let spool = spool.take() else { return }
    spool.release()
    mailbox.give(back: spool)
  }
}
