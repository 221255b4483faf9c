import Mail
import Platform
import TestSupport

@testable import Stores

/// A tree of files as other programs leave it, in a temporary directory.
struct TreeFixture {
  let temporary: TemporaryDirectory
  /// The tree's root.
  var path: String { temporary.file("tree") }

  init() throws {
    temporary = try TemporaryDirectory()
    _ = try temporary.directory.makeSubdirectory("tree")
  }

  /// Writes a file, and makes the directories above it; a path that ends in a slash is a directory.
  @discardableResult
  func put(_ path: String, _ text: String = "", date: Int64? = nil) throws -> Self {
    try put(path, Array(text.utf8), date: date)
  }

  /// The same with any bytes.
  @discardableResult
  func put(_ path: String, _ bytes: [UInt8], date: Int64? = nil) throws -> Self {
    var parts = path.split(separator: "/").map(String.init)
    let name = path.hasSuffix("/") ? nil : parts.popLast()
    let directory = try temporary.directory.ensurePath(["tree"] + parts)
    if let name {
      try directory.createFile(name, exclusive: false).write(bytes.span)
      if let date { try directory.setModificationTime(of: name, date) }
    }
    return self
  }

  /// Makes a Maildir with a message in it.
  @discardableResult
  func putMaildir(_ path: String, _ files: String...) throws -> Self {
    for part in ["cur", "new", "tmp"] { try put(path + part + "/") }
    for file in files { try put(path + file, Self.message(file)) }
    return self
  }

  func open() throws -> any MailSource { try MailSources.open(path: path, mboxDialect: nil) }

  func tree() throws -> MailboxTree { try open().mailboxes() }

  /// A line for each mailbox: name, form, path.
  func listing() throws -> [String] {
    try tree().mailboxes.map { "\($0.name) \($0.form.rawValue) \($0.path.joined(separator: "/"))" }
  }

  /// A mailbox by its name's description.
  func mailbox(_ name: String) throws -> any ReadableMailbox {
    let source = try open()
    let place = try source.mailboxes().mailboxes.first { $0.name.description == name }
    return try source.mailbox(at: try required(place))
  }

  static func message(_ subject: String) -> String {
    "From: a@example.org\nSubject: \(subject)\n\nbody of \(subject)\n"
  }

  static func mbox(_ subjects: String...) -> String {
    subjects.map { "From a@example.org Mon Jan  1 00:00:00 2001\n\(message($0))\n" }.joined()
  }

  /// A golden file as it is.
  static func golden(_ name: String, file: String = #filePath) throws -> String {
    // The other one expects to be called from a directory above.
    try goldenText(name, file: file.split(separator: "/").dropLast().joined(separator: "/"))
  }

  /// A gzip member with the text as it is (RFC 1951, section 3.2.4: a stored block).
  static func gzip(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    let count = UInt16(bytes.count)
    let crc = CRC32.checksum(bytes.span)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + little(count) + little(~count) + bytes
      + little(crc) + little(UInt32(count))
  }

  private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}

extension ReadableMailbox {
  /// A line for each message: name, flags, subject.
  func lines() throws -> [String] {
    try scan().map { message in
      let subject = try text(of: message).split(separator: "\n").first { $0.hasPrefix("Subject: ") }
      return "\(message.displayName) [\(message.flags)] \(subject?.dropFirst(9) ?? "-")"
    }
  }
}
