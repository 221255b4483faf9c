import Foundation
import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// What programs of other people make of an archive.
struct OtherReadersTests {
  private static let python: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private static let script = """
    import json, mailbox, sys
    box = mailbox.Maildir(sys.argv[1], create=False)
    print(json.dumps(sorted(
      [m.get("Subject"), m.get_flags(), m.get_date(), m.get_subdir(), m.get_payload()]
      for m in box)))
    """

  @Test(.enabled(if: python != nil, "python3 is not installed"))
  func `Python's mailbox reads the same messages, flags and dates`() throws {
    let temporary = try TemporaryDirectory()
    let archive = try Archive.create(
      path: temporary.path + "/archive", account: "a", layout: .maildir)
    let mailbox = try archive.makeMaildir(try required(MailboxName(["Entwürfe", "a/b"])))
    try mailbox.deliver(
      "Subject: one\n\nbody\n", uid: 1, date: 1_000_000_000,
      flags: Flags([.seen, .answered, .draft], keywords: [Keyword("Work")]))
    try mailbox.deliver("Subject: two\n\n", uid: 2, date: 86_400)
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: try required(Self.python))
    process.arguments = ["-c", Self.script, mailbox.path]
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let expected = """
      [["one", "DRSa", 1000000000.0, "cur", "body\\n"], ["two", "", 86400.0, "cur", ""]]

      """
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
    withExtendedLifetime(temporary) {}
  }
}
