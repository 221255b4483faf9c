import Foundation
import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// What programs of other people make of the mailboxes that mailarc writes.
struct MboxOtherReadersTests {
  let temporary: TemporaryDirectory

  init() throws { temporary = try TemporaryDirectory() }

  private static let python: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  private static let hasFormail = FileManager.default.isExecutableFile(atPath: "/usr/bin/formail")

  static let flags = Flags([.seen, .answered, .flagged], keywords: [Keyword("Work")])

  /// Messages that programs like to get wrong, with flags on the second.
  static let contents = [
    "Subject: one\n\nbody\n\nFrom here on\n>From there\n\nFrom a@b Tue Nov 14 22:13:20 2023\n",
    "Subject: two\nStatus: own\n\nText\n", "Subject: three\n\n\n\n", "Subject: four\n\nno end",
  ]

  private func archive(_ layout: ArchiveIdentity.Layout) throws -> Archive {
    let archive = try Fixture(layout, in: temporary).archive
    for name in [["INBOX"], ["Work", "Entwürfe"]] {
      let mailbox = try archive.makeMailbox(required(MailboxName(name)))
      for (index, content) in Self.contents.enumerated() {
        try mailbox.deliver(
          content, uid: UInt32(index + 1), date: 1_000_000_000 + Int64(index),
          flags: index == 1 ? Self.flags : Flags())
      }
    }
    return archive
  }

  private static let script = """
    import json, mailbox, sys
    box = mailbox.mbox(sys.argv[1], create=False)
    def content(key):
      lines = box.get_bytes(key).decode().split("\\n")
      at = [i for i, l in enumerate(lines) if l.startswith("X-Mailarc: ")][-1]
      text = "\\n".join(lines[:at] + lines[at + 4:])
      return "\\n".join(l[1:] if l.lstrip(">").startswith("From ") and l[0] == ">" else l
        for l in text.split("\\n"))
    print(json.dumps([[content(k), box[k].get_flags(), box[k].get_from()[14:]] for k in box.keys()]))
    """

  @Test(.enabled(if: python != nil, "python3 is not installed"))
  func `Python's mailbox reads the same messages, flags and dates`() throws {
    let archive = try archive(.mbox)
    let result = try runProcess(
      try required(Self.python), ["-c", Self.script, archive.root.path + "/INBOX.mbox"])
    #expect(result.status == 0, "\(result.errors)")
    let read = try required(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String]])
    // The last one's end was added.
    #expect(read.map { $0[0] } == Self.contents.dropLast() + ["Subject: four\n\nno end\n"])
    // Python takes both fields of the name Status for one; ours says old.
    #expect([0, 2, 3].allSatisfy { read[$0][1].filter { $0 != " " } == "O" })
    #expect(Set(read[1][1]).isSuperset(of: "AF"))
    #expect(read[0][2] == "Sun Sep  9 01:46:40 2001")
  }

  @Test(.enabled(if: hasFormail, "procmail's formail is not installed"))
  func `formail counts the same messages`() throws {
    let path = try archive(.mbox).root.path
    let result = try runProcess(
      "/bin/sh", ["-c", "formail -s echo x < \"$1\"", "sh", path + "/INBOX.mbox"])
    #expect(result.output == String(repeating: "x\n", count: Self.contents.count))
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/gzip"), "no gzip"))
  func `gzip unpacks a compressed one to the plain one`() throws {
    let packed = try archive(.mboxGzip).root.path + "/INBOX.mbox.gz"
    let result = try runProcess("/bin/gzip", ["-dc", packed])
    let plain = try Archive.create(
      path: temporary.file("plain"), account: "ada@example.org", layout: .mbox)
    let mailbox = try required(try plain.makeMailbox(.inbox) as? MboxStore)
    for (index, content) in Self.contents.enumerated() {
      try mailbox.deliver(
        content, uid: UInt32(index + 1), date: 1_000_000_000 + Int64(index),
        flags: index == 1 ? Self.flags : Flags())
    }
    #expect(result.output == (try mailbox.raw()))
  }

  @Test(.requiresDovecot, arguments: [ArchiveIdentity.Layout.mbox, .maildirPlusPlus])
  func `Dovecot serves a copy with the same flags, keywords and dates`(
    _ layout: ArchiveIdentity.Layout
  ) throws {
    let path = try archive(layout).root.path
    var configuration = DovecotConfiguration.usual
    configuration.location =
      layout == .mbox ? "mbox:~/mail:UTF-8:INBOX=~/mail/INBOX.mbox" : "maildir:~/mail"
    let dovecot = try Dovecot.start(configuration)
    try dovecot.addUser("ada", password: "secret")
    let home = dovecot.home(of: "ada")
    try runSuccessfully("/bin/cp", ["-rp", path, home + "/mail"])
    try runSuccessfully("/bin/rm", ["-rf", home + "/mail/.mailarc"])
    try runSuccessfully("/bin/sh", ["-c", "chown -R --reference=\"$1\" \"$1/mail\"", "sh", home])
    let imap = try PlainIMAP(port: dovecot.imapPort, user: "ada", password: "secret")
    let suffix = layout == .mbox ? ".mbox" : ""
    for name in ["INBOX", "Work/Entw&APw-rfe" + suffix] {
      let found = try imap.messages(in: name)
      #expect(found.map(\.date) == (0..<4).map { 1_000_000_000 + $0 }, "\(name)")
      #expect(found.count == 4)
      // In an mbox Dovecot knows only keywords that its own X-IMAPbase lists.
      let keywords: Set = layout == .mbox ? [] : ["work"]
      let flags = keywords.union([#"\seen"#, #"\answered"#, #"\flagged"#])
      #expect(found.dropFirst().first?.flags.isSuperset(of: flags) == true, "\(name): \(found)")
      #expect(found.dropFirst(2).first?.flags.isDisjoint(with: flags) == true)
    }
    dovecot.stop()
  }
}
