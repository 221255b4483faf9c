import Glibc
import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

struct MboxMailboxTests {
  let temporary: TemporaryDirectory
  let directory: Directory

  init() throws {
    temporary = try TemporaryDirectory()
    directory = try Directory.open(path: temporary.path)
  }

  static let from = MboxSplitterTests.from
  static let text = from + "Subject: 1\nStatus: RO\n\none\n\n" + from + "Subject: 2\n\ntwo\n"

  func mailbox(_ file: String = "mail", dialect: MboxDialect? = nil) -> MboxMailbox {
    MboxMailbox(name: .inbox, in: directory, Array(file.utf8), dialect: dialect)
  }

  static func text(_ message: StoredMessage, in mailbox: MboxMailbox) throws -> String {
    var bytes: [UInt8] = []
    try mailbox.open(message).forEachChunk { bytes += Array($0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [false, true])
  func `a file is a mailbox, compressed or not`(_ isCompressed: Bool) throws {
    try directory.put("mail", Self.text)
    if isCompressed {
      try runSuccessfully("/bin/gzip", [temporary.file("mail")])
      try directory.rename("mail.gz", to: directory, "mail")
    }
    let mailbox = mailbox()
    let messages = try mailbox.scan()
    #expect(
      try messages.map { try Self.text($0, in: mailbox) } == [
        "Subject: 1\n\none\n", "Subject: 2\n\ntwo\n",
      ])
    #expect(messages.map(\.flags) == [Flags(.seen), Flags()])
    #expect(
      try messages.map { try mailbox.internalDate(of: $0).epochSeconds } == [
        1_700_000_000, 1_700_000_000,
      ])
    #expect(mailbox.damage.isEmpty)
    let explanation = try mailbox.explanation()
    #expect(explanation.hasPrefix("mboxo: "))
    #expect(explanation.contains("gzip") == isCompressed)
    // Read a second time, backwards, without another scan.
    #expect(
      try messages.reversed().map { try Self.text($0, in: mailbox) }.last == "Subject: 1\n\none\n")
  }

  @Test func `nothing is written`() throws {
    try directory.put("mail", Self.text)
    let before = try directory.status(of: "mail")
    let mailbox = mailbox()
    _ = try mailbox.scan().map { try Self.text($0, in: mailbox) }
    #expect(try directory.status(of: "mail") == before)
    #expect(try directory.list() == ["mail"])
  }

  @Test func `a truncated gzip gives what is there, and the damage`() throws {
    let many = (0..<2000).map { Self.from + "Subject: \($0)\n\ntext \($0 &* 7919)\n\n" }.joined()
    try directory.put("mail", many)
    try runSuccessfully("/bin/gzip", [temporary.file("mail")])
    let size = try directory.status(of: "mail.gz").size
    try directory.openForUpdate("mail.gz").truncate(to: size / 2)
    let mailbox = mailbox("mail.gz")
    let messages = try mailbox.scan()
    #expect((100..<1999).contains(messages.count))
    #expect(mailbox.damage.count == 1)
    #expect("\(mailbox.damage)".contains("ends too early"))
    for message in messages { _ = try Self.text(message, in: mailbox) }
  }

  @Test func `a file that changed since the scan is not read`() throws {
    try directory.put("mail", Self.text)
    let mailbox = mailbox()
    let messages = try mailbox.scan()
    let open = try mailbox.open(messages[1])
    try directory.openForUpdate("mail").truncate(to: 30)
    for _ in 0..<2 {
      let error = #expect(throws: StoreError.self) {
        _ = try Self.text(messages[0], in: mailbox)
      }
      #expect(error == .changed(mailbox.path))
    }
    #expect(throws: StoreError.self) { try open.forEachChunk { _ in } }
  }

  @Test(arguments: [
    "some text\n", "Subject: x\n\nno From_ line\n", "\0\0\0", "From here on\nno mail\n",
  ])
  func `what is no mbox is an error`(_ text: String) throws {
    try directory.put("mail", text)
    let mailbox = mailbox()
    #expect(throws: StoreError.self) { _ = try mailbox.scan() }
  }

  @Test(arguments: ["", "\n\n", "\u{FEFF}", "\u{FEFF}\n"])
  func `nothing is an empty mailbox`(_ text: String) throws {
    try directory.put("mail", text)
    let mailbox = mailbox()
    #expect(try mailbox.scan().isEmpty)
  }

  @Test func `names stay when others come or go, and flags change`() throws {
    let one = Self.from + "Subject: 1\n\none\n\n"
    let two = Self.from + "Subject: 2\n\ntwo\n\n"
    try directory.put("mail", one + two + two)
    let mailbox = mailbox()
    let before = try mailbox.scan().map(\.displayName)
    #expect(Set(before).count == 3)
    #expect(before[2] == before[1] + "-1")
    try directory.put(
      "mail",
      Self.from + "Subject: 0\n\n\n" + two.replacing("\n\n", with: "\nStatus: RO\nX-UID: 3\n\n")
        + one + two)
    let after = try mailbox.scan().map(\.displayName)
    #expect(Array(after.dropFirst()) == [before[1], before[0], before[2]])
  }

  @Test func `messages of ours keep their identity`() throws {
    let base = "1700000000.V7U3H0123456789abcdef.mailarc,S=17,W=18"
    let message = Self.from + "Subject: x\nX-Mailarc: \(base)\nStatus: RO\n\ntext\n\n"
    try directory.put("mail", message + message)
    let messages = try mailbox().scan()
    #expect(messages.map(\.origin?.uid.value) == [3, 3])
    #expect(messages[0].displayName == base)
    #expect(messages[1].displayName == "1700000000.V7U3H0123456789abcdefN1.mailarc,S=17,W=18")
    #expect(messages[0].namedDate?.epochSeconds == 1_700_000_000)
    #expect(messages[0].namedSize == 17)
  }
}
