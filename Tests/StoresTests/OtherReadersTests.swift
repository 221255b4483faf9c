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
    let result = try runProcess(try required(Self.python), ["-c", Self.script, mailbox.path])
    let expected = """
      [["one", "DRSa", 1000000000.0, "cur", "body\\n"], ["two", "", 86400.0, "cur", ""]]

      """
    #expect(result.output == expected)
    withExtendedLifetime(temporary) {}
  }

  private static let hasMblaze = ["/usr/bin/mlist", "/usr/bin/mhdr"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test(
    .enabled(if: hasMblaze, "mblaze is not installed"),
    arguments: [ArchiveIdentity.Layout.maildir, .maildirPlusPlus])
  func `mblaze lists the same messages with their flags`(
    _ layout: ArchiveIdentity.Layout
  ) throws {
    let temporary = try TemporaryDirectory()
    let archive = try Archive.create(
      path: temporary.path + "/archive", account: "a", layout: layout)
    let mailbox = try archive.makeMailbox(try required(MailboxName(["Work", "2024"])))
    try mailbox.deliver("Subject: one\n\nbody\n", uid: 1, flags: Flags([.seen, .flagged]))
    try mailbox.deliver("Subject: two\n\n", uid: 2, flags: Flags([.answered]))
    try mailbox.deliver("Subject: three\n\n", uid: 3, flags: Flags([.flagged]))
    func subjects(_ options: String) throws -> [String] {
      let result = try runProcess(
        "/bin/sh", ["-c", "mlist \(options) \"$1\" | mhdr -h subject", "sh", mailbox.path])
      #expect(result.status == 0, "\(result.errors)")
      return result.output.split(separator: "\n").map(String.init).sorted()
    }
    #expect(try subjects("") == ["one", "three", "two"])
    #expect(try subjects("-F") == ["one", "three"])
    #expect(try subjects("-S") == ["one"])
    #expect(try subjects("-s") == ["three", "two"])
    withExtendedLifetime(temporary) {}
  }
}
