import Glibc
import Mail
import Platform
import TestSupport

@testable import Stores

/// An archive in a temporary directory, for tests of every layout.
struct Fixture {
  let archive: Archive

  /// A new one below a directory that the suite keeps, so that it lasts as long as the test.
  init(_ layout: ArchiveIdentity.Layout, in temporary: TemporaryDirectory) throws {
    archive = try Archive.create(
      path: temporary.path + "/archive", account: "ada@example.org", layout: layout)
  }

  static let key = MailboxKey(account: "ada@example.org", mailbox: .inbox)

  static func origin(_ uid: UInt32, validity: UInt32 = 7) throws -> MessageOrigin {
    MessageOrigin(
      uidValidity: UIDValidity(validity), uid: try required(UID(uid)), mailboxKey: key)
  }

  func mailbox(_ name: String...) throws -> any Mailbox {
    try archive.makeMailbox(try required(MailboxName(name)))
  }

  /// Puts a message into a mailbox as another program would; `number` is the order among such.
  func addForeign(_ text: String, number: Int, to mailbox: any Mailbox) throws {
    if let mailbox = mailbox as? MaildirMailbox {
      try mailbox.cur.put("\(number).a.host:2,", text)
      return
    }
    let store = try required(mailbox as? MboxStore)
    try store.append("From a@example.org Tue Nov 14 22:13:20 2023\n\(text)\n")
  }

  /// What deliveries that came to nothing left in a mailbox.
  func leftovers(in mailbox: any Mailbox) throws -> [String] {
    if let mailbox = mailbox as? MaildirMailbox { return try mailbox.tmpDirectory().list() }
    let store = try required(mailbox as? MboxStore)
    let spooled = try store.share.exclusively { state throws(StoreError) in state.spooled.count }
    let files = try archive.state.list().filter {
      $0.hasPrefix(Directory.unfinishedPrefix) || $0.hasSuffix(".copy")
    }
    let locks = try store.directory.list().filter { $0.hasSuffix(".lock") }
    return files + locks + (spooled > 0 ? ["\(spooled) spooled"] : [])
  }
}

extension MboxStore {
  /// Appends bytes to the mailbox's content without a lock, as programs do that know none.
  func append(_ text: String) throws {
    let file = try directory.openForAppending(fileName)
    let bytes = Array(text.utf8)
    guard compression == .gzip else { return try file.write(bytes.span) }
    var packed: [UInt8] = []
    bytes.withUnsafeBytes { bytes in
      Deflater().deflate(bytes, isLast: true) { packed += Array($0) }
    }
    try file.write(packed.span)
  }

  /// The whole content of the file, uncompressed.
  func raw() throws -> String {
    let source = try source()
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try buffer.withUnsafeMutableBytes {
        try source.read(into: $0, at: Int64(all.count))
      }
      if count == 0 { return String(decoding: all, as: UTF8.self) }
      all += buffer[..<count]
    }
  }
}

extension Archive {
  /// A mailbox of an archive whose mailboxes are Maildirs, made if there is none.
  func makeMaildir(_ name: MailboxName) throws -> MaildirMailbox {
    try required(try makeMailbox(name) as? MaildirMailbox)
  }

  /// The same; nil if there is none.
  func maildir(_ name: MailboxName) throws -> MaildirMailbox? {
    try mailbox(name) as? MaildirMailbox
  }
}

struct Missing: Error {}

/// The value, or a failed test.
func required<Value>(_ value: Value?) throws -> Value {
  guard let value else { throw Missing() }
  return value
}

extension Mailbox {
  /// Writes a message, ready to be committed.
  func prepare(
    _ text: String, origin: MessageOrigin?, date: Int64 = 1_700_000_000, flags: Flags = Flags()
  ) throws -> PreparedDelivery {
    let delivery = try beginDelivery()
    var text = text
    try text.withUTF8 { try delivery.write(UnsafeRawBufferPointer($0)) }
    return try delivery.finish(
      origin: origin, date: InternalDate(epochSeconds: date),
      content: .content(of: Array(text.utf8)), flags: flags)
  }

  /// Delivers one message.
  @discardableResult
  func deliver(
    _ text: String, uid: UInt32, date: Int64 = 1_700_000_000, flags: Flags = Flags()
  ) throws -> StoredMessage {
    let prepared = try prepare(text, origin: Fixture.origin(uid), date: date, flags: flags)
    return try required(try commit([prepared]).first).message
  }

}

extension ReadableMailbox {
  /// The content of a message.
  func text(of message: StoredMessage) throws -> String {
    var bytes: [UInt8] = []
    try open(message).forEachChunk { bytes += Array($0) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Directory {
  /// Writes a file as somebody would by hand.
  func put(_ name: some FileName, _ text: String) throws {
    try createFile(name, exclusive: false).write(Array(text.utf8).span)
  }

  /// The names in it, ordered.
  func list() throws -> [String] {
    try entries().map { String(decoding: $0.bytes, as: UTF8.self) }.sorted()
  }
}

/// A repeatable source of random numbers (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// The lines of a golden file, split at tabs, without comments.
func golden(_ name: String) throws -> [[String]] {
  try goldenText(name).split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
    $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
  }
}

/// A golden file as it is.
func goldenText(_ name: String, file: String = #filePath) throws -> String {
  let parts = file.split(separator: "/")
  let root = parts[..<(parts.lastIndex(of: "Tests") ?? 0)].joined(separator: "/")
  let directory = try Directory.open(path: "/\(root)/formats/golden")
  return String(decoding: try directory.readWhole(name, limit: 1 << 20), as: UTF8.self)
}
