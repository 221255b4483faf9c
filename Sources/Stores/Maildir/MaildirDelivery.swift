import Mail
import Platform

/// A message that is being written into a mailbox's `tmp`.
///
/// Small writes are gathered in a buffer that the mailbox uses again.
final class MaildirDelivery: Delivery {
  private let mailbox: MaildirMailbox
  private let directory: Directory
  private let temporaryName: [UInt8]
  private var file: FileDescriptor?
  // Apart from what gathers in it: it is given back while that is being written.
  private let buffer: FileBuffer
  private var gathered: BufferedBytes
  private let startsWriteback: Bool
  private(set) var byteCount: Int64 = 0

  init(
    into mailbox: MaildirMailbox, directory: Directory, temporaryName: [UInt8], buffer: FileBuffer,
    startsWriteback: Bool
  ) throws(StoreError) {
    self.mailbox = mailbox
    self.directory = directory
    self.temporaryName = temporaryName
    self.buffer = buffer
    gathered = BufferedBytes(buffer)
    self.startsWriteback = startsWriteback
    file = try stored(try directory.createFile(temporaryName, exclusive: true))
  }

  deinit { abandon() }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    byteCount += Int64(bytes.count)
    try gathered.write(bytes) { piece throws(StoreError) in try self.writeThrough(piece) }
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    guard file != nil else { preconditionFailure("the delivery is over") }
    do {
      try file?.write(bytes)
    } catch {
      abandon()
      throw .system(error.at(directory.path(of: temporaryName)))
    }
  }

  func finish(
    name: DeliveryName, date: InternalDate, modified: InternalDate?, content: WrittenContent,
    flags: Flags
  ) throws(StoreError) -> PreparedDelivery {
    assert(content.size == byteCount)
    try gathered.flush { piece throws(StoreError) in try self.writeThrough(piece) }
    guard let file = file.take() else { preconditionFailure("the delivery is over") }
    do {
      try file.setModificationTime((modified ?? date).epochSeconds)
      if startsWriteback { file.startWriteback() }
      try file.close()
    } catch {
      try? directory.unlink(temporaryName)
      throw .system(error.at(directory.path(of: temporaryName)))
    }
    mailbox.give(back: buffer)
    return PreparedDelivery(
      temporaryName: temporaryName, name: name, number: mailbox.context.nextNumber(), date: date,
      content: content, flags: flags)
  }

  func abandon() {
    guard file.take() != nil else { return }
    try? directory.unlink(temporaryName)
    mailbox.give(back: buffer)
  }
}
