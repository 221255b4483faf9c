import Mail
import Platform

/// A Maildir that another program keeps, for reading only: with Dovecot's and Courier's files of
/// keywords and UIDs, and with compressed messages.
final class ForeignMaildir: ReadableMailbox {
  private(set) var damage: [StoreError] = []
  private let maildir: MaildirMailbox

  /// A mailbox in a directory that has `cur`.
  ///
  /// - Throws: `system`.
  init(_ name: MailboxName, in directory: Directory) throws(StoreError) {
    // Opened for reading, and without any letters of its own: nothing is ever written.
    let context = StoreContext(
      state: directory, keywords: ArchiveKeywords(in: directory, startingWith: KeywordLetters()),
      access: .reading)
    maildir = try MaildirMailbox(name, in: directory, context: context)
  }

  var name: MailboxName { maildir.name }
  var path: String { maildir.path }

  func scan() throws(StoreError) -> [StoredMessage] {
    damage = []
    let messages = try maildir.scan()
    let keywords = try CourierKeywords(in: maildir.directory)
    let order = try UIDOrder(in: maildir.directory)
    try noteAsides()
    var numbered = messages.map { message in
      (uid: order.uid(of: message), message: keywords?.adding(to: message) ?? message)
    }
    // The scan's own order holds among those whose UID nobody knows.
    numbered.sort { one, other in
      switch (one.uid, other.uid) {
      case (let uid?, let otherUID?) where uid != otherUID: uid < otherUID
      case (.some, nil): true
      case (nil, .some): false
      default: one.message < other.message
      }
    }
    return numbered.map(\.message)
  }

  // What is in `cur` or `new` and is no file may be mail that somebody keeps elsewhere.
  private func noteAsides() throws(StoreError) {
    for directory in [maildir.cur, try maildir.newDirectory()].compactMap(\.self) {
      var asides = TreeAsides()
      var stream = try stored(try directory.stream())
      while let entry = try stored(try stream.next()) {
        if entry.kind == .file || entry.bytes.first == UInt8(ascii: ".") { continue }
        asides.add(
          entry.bytes, entry.kind == .symbolicLink ? "a symbolic link" : "not a file")
      }
      damage += asides.errors(in: directory)
    }
  }

  func open(_ message: StoredMessage) throws(StoreError) -> MessageFile {
    do {
      return try file(message)
    } catch .notFound(let path) {
      guard let moved = try maildir.find(baseName: message.baseName) else { throw .notFound(path) }
      return try file(moved)
    }
  }

  private func file(_ message: StoredMessage) throws(StoreError) -> MessageFile {
    try ForeignMessage.open(
      message.name, in: try maildir.place(of: message), buffer: maildir.takeBuffer()
    ) { self.maildir.give(back: $0) }
  }

  func internalDate(of message: StoredMessage) throws(StoreError) -> InternalDate {
    try maildir.internalDate(of: message)
  }

  func path(of message: StoredMessage) -> String { maildir.path(of: message) }

  func currentStamp() throws(StoreError) -> MailboxStamp { try maildir.currentStamp() }

  func stamp() throws(StoreError) -> MailboxStamp? { nil }

  func explanation() throws(StoreError) -> String {
    let files =
      [MailboxKeywords.lettersFile, CourierKeywords.directoryName]
      + UIDOrder.files.map(\.name)
    var present: [String] = []
    for file in files where try stored(try maildir.directory.contains(file)) {
      present.append(file)
    }
    return "Maildir: it has a directory cur"
      + (present.isEmpty ? "" : "; with \(present.joined(separator: ", "))")
  }
}
