package import Platform

import Mail

/// Writes a receipt bit by bit; the file appears when all of it is there.
///
/// Confined to one owner.
package final class ReceiptWriter {
  private let directory: Directory
  private let name: String
  private let file: UnfinishedFile
  private let sha = SHA256()
  private var messages = 0
  private var pending: [UInt8] = []
  private static let piece = 1 << 18

  /// Begins a receipt.
  ///
  /// - Parameters:
  ///   - directory: where it is to be.
  ///   - name: its file, which may be there if it is a receipt: it is replaced in the end.
  ///   - header: what the receipt says of itself.
  /// - Throws: `ReceiptError.foreign` where the name is another file's; `SystemError`.
  package init(in directory: Directory, name: String, _ header: ReceiptHeader) throws {
    self.directory = directory
    self.name = name
    _ = try Self.isTaken(name, in: directory)
    file = try UnfinishedFile(in: directory)
    pending = header.lines.flatMap { $0.text + [.lineFeed] }
  }

  /// Writes a mailbox of the server; the messages that follow belong there.
  ///
  /// - Throws: `SystemError`.
  package func write(_ mailbox: ReceiptMailbox) throws(SystemError) { try write(mailbox.record) }

  /// Writes a message.
  ///
  /// - Throws: `SystemError`.
  package func write(_ message: ReceiptMessage) throws(SystemError) {
    try write(message.record)
    messages += 1
  }

  /// Ends the receipt and gives it its name; it is on stable storage then.
  ///
  /// - Throws: `ReceiptError.foreign` where the name became another file's meanwhile; `SystemError`.
  package func finish() throws {
    try flush()
    let end = JournalRecord("end", ["\(messages)", "\(sha.finish())"]).text + [.lineFeed]
    try file.write(end.span)
    let replaces = try Self.isTaken(name, in: directory)
    do {
      try file.finish(as: name, replaces: replaces)
    } catch {
      guard error.isExists else { throw error }
      throw ReceiptError.foreign(path: directory.path(of: name))
    }
  }

  private func write(_ record: JournalRecord) throws(SystemError) {
    pending += record.text
    pending.append(.lineFeed)
    if pending.count >= Self.piece { try flush() }
  }

  private func flush() throws(SystemError) {
    let text = pending
    pending = []
    sha.update(text.span)
    try file.write(text.span)
  }

  /// Whether there is a receipt of that name.
  private static func isTaken(_ name: String, in directory: Directory) throws -> Bool {
    guard try directory.contains(name) else { return false }
    let expected = Array(ReceiptHeader.firstWords.utf8)
    guard try directory.status(of: name).kind == .file,
      try directory.readStart(of: name, count: expected.count) == expected
    else { throw ReceiptError.foreign(path: directory.path(of: name)) }
    return true
  }
}
