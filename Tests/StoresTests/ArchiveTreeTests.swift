import Glibc
import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

struct ArchiveTreeTests {
  let temporary: TemporaryDirectory
  let archive: Archive

  init() throws {
    temporary = try TemporaryDirectory()
    archive = try Archive.create(path: temporary.path + "/archive", account: "a", layout: .maildir)
  }

  private func name(_ components: String...) throws -> MailboxName {
    try required(MailboxName(components))
  }

  private func makeByHand(_ path: String...) throws -> Directory {
    let directory = try archive.root.ensurePath(path)
    _ = try directory.ensureSubdirectory("cur")
    return directory
  }

  @Test func `every mailbox that is made is found again by its name`() throws {
    let long = String(repeating: "長", count: 200)
    let names = try [
      name("INBOX"), name("a", "b", "c"), name("a"), name("a/b", "cur"), name(".x", "..", "new"),
      name("Inbox", "below"), name(long, "x"), name(long),
      name(String(repeating: "/", count: 1000)),
      name("é"), name("e\u{301}"), name("%!é"), name("\u{1}"),
    ]
    for mailbox in names { #expect(try archive.makeMaildir(mailbox).name == mailbox) }
    let tree = try archive.mailboxes()
    #expect(tree.mailboxes.map(\.name) == names.sorted())
    #expect(tree.unreadable.isEmpty && tree.passedOver.isEmpty)
    for mailbox in names {
      let found = try required(try archive.maildir(mailbox))
      let place = try required(tree.mailboxes.first { $0.name == mailbox })
      #expect(found.path == (try archive.mailbox(at: place).path))
      #expect(found.path == archive.root.path + "/" + place.path.joined(separator: "/"))
      // A second time it is the same.
      #expect(try archive.makeMaildir(mailbox).path == found.path)
    }
  }

  @Test func `what is not there is nil, also a directory that only holds others`() throws {
    _ = try archive.makeMaildir(try name("a", "b"))
    #expect(try archive.maildir(try name("a"))?.path == nil)
    #expect(try archive.maildir(try name("b"))?.path == nil)
    #expect(try archive.maildir(.inbox)?.path == nil)
    _ = try archive.makeMaildir(try name("a"))
    #expect(try archive.mailboxes().mailboxes.map(\.name) == [name("a"), name("a", "b")])
  }

  @Test func `directories made by hand are mailboxes`() throws {
    _ = try makeByHand("Inbox")
    _ = try makeByHand("100%", "x%zz")
    let raw = try makeByHand("tab\there")
    try raw.openSubdirectory("cur").put("note:2,S", "hello")
    let tree = try archive.mailboxes()
    #expect(try tree.mailboxes.map(\.name) == [.inbox, name("100%", "x%zz"), name("tab\there")])
    for place in tree.mailboxes {
      #expect(try archive.maildir(place.name)?.path == (try archive.mailbox(at: place).path))
      #expect(try archive.makeMaildir(place.name).path == (try archive.mailbox(at: place).path))
    }
    #expect(try archive.mailbox(at: tree.mailboxes[2]).scan().count == 1)
  }

  @Test func `a mailbox without new and tmp is read, and made whole when needed`() throws {
    let directory = try makeByHand("bare")
    let mailbox = try required(try archive.maildir(try name("bare")))
    #expect(try mailbox.scan().isEmpty)
    try mailbox.flush()
    try mailbox.deliver("x", uid: 1)
    #expect(try directory.list() == ["cur", "tmp"])
  }

  @Test func `two directories for one name are told`() throws {
    for directory in ["INBOX", "inbox", "foo", "%!foo", "%09", "\t"] {
      _ = try makeByHand(directory)
    }
    let tree = try archive.mailboxes()
    #expect(tree.mailboxes.map(\.path) == [["INBOX"], ["%09"], ["foo"]])
    #expect(tree.unreadable.count == 3)
  }

  @Test func `what can't be read is told`() throws {
    _ = try archive.root.ensurePath(["half%+"]).ensureSubdirectory("cur")
    let latin: [UInt8] = [0x45, 0xFC]
    _ = try archive.root.makeSubdirectory(latin).ensureSubdirectory("cur")
    let closed = try makeByHand("closed")
    guard chmod(closed.path, 0) == 0 else { throw Missing() }
    defer { chmod(closed.path, 0o700) }
    let tree = try archive.mailboxes()
    // Root may read everything.
    let expected = geteuid() == 0 ? 2 : 3
    #expect(tree.unreadable.count == expected)
    #expect(tree.mailboxes.count == 3 - expected)
  }

  @Test func `links and hidden directories are passed over`() throws {
    let outside = try temporary.directory.ensurePath(["outside"])
    _ = try outside.ensureSubdirectory("cur")
    guard symlink(outside.path, archive.root.path + "/link") == 0 else { throw Missing() }
    _ = try makeByHand(".Work")
    _ = try archive.root.makeSubdirectory(".git")
    try archive.root.put("README", "")
    _ = try archive.makeMaildir(.inbox).directory.makeSubdirectory("extra")
    guard symlink(outside.path, archive.root.path + "/INBOX/other") == 0 else { throw Missing() }
    _ = try archive.root.makeSubdirectory("cur")
    let tree = try archive.mailboxes()
    #expect(tree.mailboxes.map(\.name) == [.inbox])
    #expect(tree.unreadable.isEmpty)
    #expect(tree.passedOver.count == 4)
    #expect(try archive.maildir(try name("link"))?.path == nil)
  }

  @Test func `depth is no limit up to 256 levels`() throws {
    let part = String(repeating: "d", count: 200)
    let deep = try required(MailboxName(Array(repeating: part, count: 256)))
    try archive.makeMaildir(deep).deliver("x", uid: 1)
    #expect(try archive.mailboxes().mailboxes.map(\.name) == [deep])
    #expect(try archive.maildir(deep)?.scan().count == 1)
    let deeper = try required(MailboxName(Array(repeating: "d", count: 257)))
    #expect(throws: StoreError.self) { try archive.makeMaildir(deeper) }
    _ = try archive.root.ensurePath(Array(repeating: "e", count: 258))
    #expect(try archive.mailboxes().unreadable.count == 1)
  }

  @Test func `random names of mailboxes are made and found`() throws {
    var random = SeededGenerator(seed: 5)
    let pieces = ["a", "A", "%", "2", "F", "/", ".", "cur", "é", "\u{2}", "+", "!", "INBOX"]
    var names: Set<MailboxName> = []
    for _ in 0..<60 {
      let components = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        (0..<Int.random(in: 1...4, using: &random))
          .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      }
      if let name = MailboxName(components) { names.insert(name) }
    }
    for name in names { _ = try archive.makeMaildir(name) }
    let tree = try archive.mailboxes()
    #expect(Set(tree.mailboxes.map(\.name)) == names)
    #expect(tree.unreadable.isEmpty)
  }
}
