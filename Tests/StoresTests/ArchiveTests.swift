import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

struct ArchiveTests {
  let temporary: TemporaryDirectory
  let path: String

  init() throws {
    temporary = try TemporaryDirectory()
    path = temporary.path + "/archive"
  }

  private func create() throws -> Archive {
    try Archive.create(path: path, account: "ada lovelace@example.org", layout: .maildir)
  }

  @Test func `a new archive is opened again with the same identity`() throws {
    let identity = try create().identity
    #expect(identity.account == "ada lovelace@example.org")
    #expect(identity.layout == .maildir)
    #expect(identity.id.count == 32)
    #expect(try Archive.open(path: path, for: .reading).identity == identity)
    #expect(try Archive.open(path: path, for: .writing).identity == identity)
    #expect(try Archive.create(path: path, account: "else", layout: .maildir).identity == identity)
    #expect(try Archive.exists(path: path))
  }

  @Test func `an empty directory becomes an archive, another one does not`() throws {
    let directory = try temporary.directory.makeSubdirectory("archive")
    #expect(try !Archive.exists(path: path))
    #expect(throws: StoreError.notAnArchive(path)) { try Archive.open(path: path, for: .writing) }
    try directory.put("notes.txt", "mine")
    #expect(throws: StoreError.notAnArchive(path)) { try create() }
    #expect(try directory.list() == ["notes.txt"])
    try directory.unlink("notes.txt")
    _ = try create()
    #expect(try Archive.exists(path: path))
  }

  @Test func `creation that was cut short is done again`() throws {
    let directory = try temporary.directory.makeSubdirectory("archive")
    let state = try directory.makeSubdirectory(".mailarc")
    try state.put("keywords", "mailarc keywords 1\n")
    try state.put(Directory.unfinishedPrefix + "x", "half")
    #expect(try !Archive.exists(path: path))
    #expect(throws: StoreError.notAnArchive(path)) { try Archive.open(path: path, for: .reading) }
    let archive = try create()
    #expect(try archive.state.list() == ["archive", "keywords", "lock"])
  }

  @Test func `mail of the account whose state was lost becomes an archive again`() throws {
    _ = try create().makeMailbox(try required(MailboxName(["empty"])))
    let directory = try Directory.open(path: path)
    let account = "ada lovelace@example.org"
    let state = try directory.openSubdirectory(".mailarc")
    for name in try state.list() { try state.unlink(name) }
    try directory.removeSubdirectory(".mailarc")
    #expect(throws: StoreError.notAnArchive(path)) { try create() }
    let origin = MessageOrigin(
      uidValidity: UIDValidity(1), uid: try required(UID(1)),
      mailboxKey: MailboxKey(account: account, mailbox: try required(MailboxName(["empty"]))))
    let name = MaildirName.base(
      date: InternalDate(epochSeconds: 1), unique: MaildirName.originPart(origin), duplicate: 0,
      size: 1, wireSize: 1)
    let mailbox = try directory.openPath(["empty"])
    try mailbox.put("dovecot-keywords", "3 Work\n")
    try mailbox.openSubdirectory("cur").put(name, "x")
    #expect(throws: StoreError.notAnArchive(path)) {
      try Archive.create(path: path, account: "else@example.org", layout: .maildir)
    }
    let archive = try create()
    #expect(archive.identity.account == account)
    #expect(archive.context.keywords.current.lines == ["3 Work"])
    #expect(try archive.mailboxes().mailboxes.count == 1)
  }

  @Test func `nothing, and a path that is none, are not found`() throws {
    #expect(try !Archive.exists(path: path))
    #expect(throws: StoreError.notFound(path)) { try Archive.open(path: path, for: .reading) }
    try temporary.directory.put("file", "")
    let file = temporary.path + "/file"
    #expect(throws: StoreError.notFound(file)) { try Archive.open(path: file, for: .reading) }
    #expect(throws: StoreError.self) {
      try Archive.create(path: temporary.path + "/no/parent", account: "a", layout: .maildir)
    }
  }

  @Test func `one writer at a time, readers as they like`() throws {
    let archive = try create()
    let error = #expect(throws: StoreError.self) { try Archive.open(path: path, for: .writing) }
    guard case .locked = try required(error) else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(throws: StoreError.self) { try create() }
    let reader = try Archive.open(path: path, for: .reading)
    #expect(reader.identity == archive.identity)
  }

  @Test func `reading changes nothing`() throws {
    var archive: Archive? = try create()
    _ = try archive?.makeMailbox(.inbox)
    archive = nil
    let directory = try Directory.open(path: path)
    let before = try Self.everything(in: directory)
    let reader = try Archive.open(path: path, for: .reading)
    let mailbox = try required(try reader.mailbox(.inbox))
    #expect(try mailbox.scan().isEmpty)
    #expect(try mailbox.stamp() == nil)
    _ = try mailbox.currentStamp()
    #expect(try reader.mailboxes().mailboxes.count == 1)
    #expect(try Self.everything(in: directory) == before)
  }

  private static func everything(in directory: Directory) throws -> [String: Int64] {
    var found: [String: Int64] = [:]
    for entry in try directory.entries() {
      let path = directory.path(of: entry.bytes)
      found[path] = try directory.status(of: entry.bytes).changedNanoseconds
      guard entry.kind == .directory else { continue }
      let below = try everything(in: directory.openSubdirectory(entry.bytes))
      found.merge(below) { one, _ in one }
    }
    return found
  }

  @Test func `another account is refused`() throws {
    let archive = try create()
    try archive.require(account: "ada lovelace@example.org")
    #expect(
      throws: StoreError.otherAccount(archive: "ada lovelace@example.org", asked: "b@example.org")
    ) { try archive.require(account: "b@example.org") }
  }

  @Test(
    arguments: [
      ("mailarc archive 2\nlayout maildir\n", StoreError.newerFormat(version: 2)),
      ("mailarc archive 1\nlayout x\nid 1\naccount a\n", StoreError.unsupportedLayout("x")),
      ("mailarc archive 1\nlayout maildir\nid 1\n", nil),
      ("mailarc archive 1\nlayout maildir\nid 1\naccount a", nil),
      ("mailarc archive 1\nlayout maildir\nlayout maildir\nid 1\naccount a\n", nil),
      ("mailarc archive 0\nlayout maildir\nid 1\naccount a\n", nil),
      ("mailarc archive 1x\nlayout maildir\nid 1\naccount a\n", nil),
      ("mailarc archive 1\nlayout maildir\nid 1\naccount %ZZ\n", nil),
      ("\u{0}\u{0}\u{0}", nil), ("", nil), ("\n", nil),
      (String(repeating: "x", count: 5000) + "\n", nil),
    ] as [(String, StoreError?)])
  func `an identity that is not one is an error`(_ text: String, _ expected: StoreError?) throws {
    let state = try temporary.directory.makeSubdirectory("archive").makeSubdirectory(".mailarc")
    try state.put("archive", text)
    let error = #expect(throws: StoreError.self) { try Archive.open(path: path, for: .reading) }
    if let expected { #expect(error == expected) }
  }

  @Test func `the golden state files are read`() throws {
    let directory = try temporary.directory.makeSubdirectory("archive")
    let state = try directory.makeSubdirectory(".mailarc")
    for name in ["archive", "keywords", "mailboxes"] { try state.put(name, try goldenText(name)) }
    let archive = try Archive.open(path: path, for: .writing)
    #expect(archive.identity.id == "00112233445566778899aabbccddeeff")
    #expect(archive.identity.account == "ada lovelace@example.org")
    #expect(archive.context.keywords.current.lines == ["0 $Forwarded", "1 Work", "25 last"])
    let records = archive.table.records
    #expect(records.map(\.name.stateForm) == ["INBOX", "Entwürfe", "Old/2024", "a%2Fb"])
    #expect(records[1].specialUses == [.drafts])
    #expect(records[2].archiveName.stateForm == "Archive/2024")
    #expect(records[3].isSelectable == false)
    // Written again, they are what they were, but for what earlier versions wrote.
    try state.unlink("mailboxes")
    for record in records {
      archive.table.remove(record.name)
      archive.table.update(record)
    }
    try archive.table.save()
    try archive.identity.write(in: state)
    try archive.context.keywords.save()
    for name in ["archive", "keywords", "mailboxes"] {
      #expect(
        String(decoding: try state.readWhole(name, limit: 4096), as: UTF8.self)
          == (try goldenText(name).replacing("\tid=F%201%25", with: "")))
    }
  }
}
