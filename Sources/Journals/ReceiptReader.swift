package import Platform

import Mail

/// A receipt that was read to its end once and found to be whole and unchanged.
///
/// Its messages are read mailbox by mailbox. Confined to one owner.
package final class ReceiptReader {
  /// A mailbox of the server, and where its messages are.
  package struct Section: Sendable {
    /// The mailbox.
    package let mailbox: ReceiptMailbox
    /// How many messages of the archive belong there.
    package fileprivate(set) var count: Int
    fileprivate let offset: Int64
    fileprivate let line: Int
  }

  /// What it says of itself.
  package let header: ReceiptHeader
  /// The mailboxes, in the order of the file; no name comes twice.
  package let sections: [Section]
  private let file: FileDescriptor
  private let path: String

  /// Reads all of a receipt.
  ///
  /// - Parameters:
  ///   - directory: where it is.
  ///   - name: its file.
  /// - Throws: `ReceiptError`, `SystemError`.
  package init(in directory: Directory, name: String) throws {
    path = directory.path(of: name)
    let kind = try directory.status(of: name).kind
    guard kind == .file else { throw ReceiptError.noFile(path: path, kind) }
    file = try directory.openFile(name)
    (header, sections) = try Self.check(file, path)
  }

  private static func check(
    _ file: borrowing FileDescriptor, _ path: String
  ) throws -> (ReceiptHeader, [Section]) {
    var check = Check(path: path)
    var lines = ReceiptLines(path: path, offset: 0, line: 1)
    while let line = try lines.next(of: file) {
      try check.take(line, number: lines.line - 1, next: lines.offset)
    }
    return try check.finish(lines: lines.line - 1)
  }

  /// The messages of one mailbox, in the order of the file.
  ///
  /// - Throws: `ReceiptError.changed` where the file is another one by now; `SystemError`.
  package func messages(of section: Section) throws -> [ReceiptMessage] {
    var lines = ReceiptLines(path: path, offset: section.offset, line: section.line)
    var messages: [ReceiptMessage] = []
    messages.reserveCapacity(section.count)
    while messages.count < section.count {
      guard let line = try lines.next(of: file), let record = JournalRecord(text: line),
        record.kind == "message", let message = ReceiptMessage(record)
      else { throw ReceiptError.changed(path: path) }
      messages.append(message)
    }
    return messages
  }
}

/// Looks at each line of a receipt in turn.
private struct Check {
  let path: String
  private let sha = SHA256()
  private var head: [JournalRecord] = []
  private var header: ReceiptHeader?
  private var sections: [ReceiptReader.Section] = []
  private var names: Set<MailboxName> = []
  private var messages = 0
  private var isEnded = false

  init(path: String) { self.path = path }

  mutating func take(_ line: ArraySlice<UInt8>, number: Int, next: Int64) throws(ReceiptError) {
    if number == 1 { return try takeFirst(line) }
    guard !isEnded else { throw malformed(number, "it stands behind the end") }
    guard let record = JournalRecord(text: line) else {
      throw malformed(number, "it is no text, or an escape in it is broken")
    }
    switch record.kind {
    case "mailbox":
      if header == nil { header = ReceiptHeader(head) }
      guard header != nil else {
        throw malformed(
          number, "account, archive or path, time, deleted: one of them is missing above it")
      }
      guard let mailbox = ReceiptMailbox(record) else {
        throw malformed(number, "it is no mailbox")
      }
      guard names.insert(mailbox.name).inserted else {
        throw malformed(number, "the mailbox was there before")
      }
      sections.append(
        ReceiptReader.Section(mailbox: mailbox, count: 0, offset: next, line: number + 1))
    case "message":
      guard !sections.isEmpty else { throw malformed(number, "it stands in no mailbox") }
      guard ReceiptMessage(record) != nil else { throw malformed(number, "it is no message") }
      sections[sections.count - 1].count += 1
      messages += 1
    case "end":
      if header == nil { header = ReceiptHeader(head) }
      guard record.fields.count == 2, record.fields[0] == "\(messages)" else {
        throw malformed(
          number, "it counts other messages than those above it, which are \(messages)")
      }
      guard record.fields[1] == "\(sha.finish())" else {
        throw malformed(number, "the lines above it are not those that were written")
      }
      isEnded = true
      return
    default:
      guard header == nil, head.count < 4 else {
        throw malformed(number, "it is nothing that is known")
      }
      head.append(record)
    }
    update(line)
  }

  private func malformed(_ line: Int, _ reason: String) -> ReceiptError {
    .malformed(path: path, line: line, reason: reason)
  }

  private mutating func takeFirst(_ line: ArraySlice<UInt8>) throws(ReceiptError) {
    let words = Array(ReceiptHeader.firstWords.utf8)
    guard line.starts(with: words),
      let version = String(validating: line.dropFirst(words.count), as: UTF8.self)
        .flatMap({ Int($0) }), version > 0
    else { throw .foreign(path: path) }
    guard version <= ReceiptHeader.version else { throw .newer(path: path, version: version) }
    update(line)
  }

  private func update(_ line: ArraySlice<UInt8>) {
    line.withUnsafeBytes { sha.update($0) }
    sha.update([UInt8.lineFeed].span)
  }

  func finish(
    lines: Int
  ) throws(ReceiptError) -> (ReceiptHeader, [ReceiptReader.Section]) {
    guard lines > 0 else { throw .foreign(path: path) }
    guard isEnded else {
      throw .malformed(path: path, line: lines, reason: "the end is missing behind it")
    }
    guard let header else {
      throw .malformed(
        path: path, line: lines, reason: "account, archive, time or deleted is missing")
    }
    return (header, sections)
  }
}

/// The lines of a receipt from some place on.
private struct ReceiptLines {
  private static let longest = 1 << 20
  private static let piece = 1 << 18

  let path: String
  /// Where the next line begins.
  private(set) var offset: Int64
  /// The number of the next line.
  private(set) var line: Int
  private var buffer: [UInt8] = []
  private var start = 0
  private var readTo: Int64

  init(path: String, offset: Int64, line: Int) {
    self.path = path
    self.offset = offset
    self.line = line
    readTo = offset
  }

  /// The next line without its LF; nil at the end.
  mutating func next(of file: borrowing FileDescriptor) throws -> ArraySlice<UInt8>? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: .lineFeed) {
        defer {
          offset += Int64(end + 1 - start)
          line += 1
          start = end + 1
        }
        return buffer[start..<end]
      }
      guard buffer.count - start <= Self.longest else {
        if line == 1 { throw ReceiptError.foreign(path: path) }
        throw ReceiptError.malformed(path: path, line: line, reason: "it is too long")
      }
      buffer.removeSubrange(..<start)
      start = 0
      searched = buffer.count
      guard try fill(from: file) else { break }
    }
    guard buffer.isEmpty else {
      // What is not even text of ours has no lines.
      if line == 1 { throw ReceiptError.foreign(path: path) }
      throw ReceiptError.malformed(path: path, line: line, reason: "its end is missing")
    }
    return nil
  }

  private mutating func fill(from file: borrowing FileDescriptor) throws(SystemError) -> Bool {
    let read = try file.read(atMost: Self.piece, at: readTo)
    readTo += Int64(read.count)
    buffer += read
    return !read.isEmpty
  }
}
