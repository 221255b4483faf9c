import Glibc
import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// What must not stop a walk, lead it astray or go unsaid.
struct HostileTreeTests {
  private let tree: TreeFixture

  init() throws { tree = try TreeFixture() }

  private func expectNoMail(_ path: String, passedOver: String? = nil) {
    #expect(throws: StoreError.noMail(path: path, passedOver: passedOver)) {
      try MailSources.open(path: path, mboxDialect: nil)
    }
  }

  @Test func `nothing, no mail, and what is no file`() throws {
    #expect(throws: StoreError.notFound(tree.path + "/none")) {
      try MailSources.open(path: tree.path + "/none", mboxDialect: nil)
    }
    expectNoMail(tree.path)
    try tree.put("notes.txt", "Dear reader,\n")
    expectNoMail(tree.path)
    expectNoMail(tree.path + "/notes.txt")
    try tree.put("a.gz", TreeFixture.gzip("Dear reader,\n"))
    expectNoMail(tree.path)
    try tree.put("b.gz", [0x1F, 0x8B, 8, 1, 2, 3])
    #expect(try tree.tree().unreadable.count == 1)
    #expect(mkfifo(tree.path + "/fifo", 0o600) == 0)
    #expect(throws: StoreError.self) {
      try MailSources.open(path: tree.path + "/fifo", mboxDialect: nil)
    }
    #expect("\(StoreError.noMail(path: "x", passedOver: nil))".contains("Maildir, mbox"))
  }

  @Test func `links are followed in the path itself only`() throws {
    try tree.putMaildir("box/", "cur/1:2,").put("box/one.eml", "x")
    #expect(symlink("..", tree.path + "/box/loop") == 0)
    #expect(symlink("/", tree.path + "/out") == 0)
    #expect(symlink("box", tree.path + "/.Hidden") == 0)
    #expect(symlink("1:2,", tree.path + "/box/cur/2:2,") == 0)
    #expect(try tree.listing() == ["box maildir box", "box (2) messageFiles box"])
    let reason = "a symbolic link, which is not followed"
    #expect(
      try tree.tree().passedOver == [
        "\(tree.path)/.Hidden: \(reason) (and 1 more there)", "\(tree.path)/box/loop: \(reason)",
      ])
    let mailbox = try tree.mailbox("box")
    #expect(try mailbox.scan().count == 1)
    #expect(
      mailbox.damage == [
        .unreadable(path: "\(tree.path)/box/cur/2:2,", reason: "a symbolic link")
      ])
    #expect(symlink("tree/box", tree.temporary.file("link")) == 0)
    #expect(symlink("tree/box/one.eml", tree.temporary.file("other.eml")) == 0)
    let linked = try MailSources.open(path: tree.temporary.file("link"), mboxDialect: nil)
    #expect(try linked.mailboxes().mailboxes.map(\.name.description) == ["INBOX", "link"])
    let lone = try MailSources.open(path: tree.temporary.file("other.eml"), mboxDialect: nil)
    let place = try #require(try lone.mailboxes().mailboxes.first)
    #expect(place.name.description == "other")
    #expect(try lone.mailbox(at: place).lines().count == 1)
  }

  @Test func `FIFOs and sockets are never opened`() throws {
    try tree.putMaildir("box/")
    for name in ["fifo", "box/cur/1.x:2,S", "box/a.eml"] {
      #expect(mkfifo("\(tree.path)/\(name)", 0o600) == 0)
    }
    try tree.put("box/b.eml", "x")
    #expect(
      try tree.tree().passedOver == [
        "\(tree.path)/fifo: neither a file nor a directory",
        "\(tree.path)/box/a.eml: neither a file nor a directory",
      ])
    let maildir = try tree.mailbox("box")
    #expect(try maildir.scan().isEmpty)
    #expect(maildir.damage.count == 1)
    let files = try tree.mailbox("box (2)")
    #expect(try files.scan().map(\.displayName) == ["b.eml"])
    #expect(files.damage.count == 1)
  }

  @Test func `names that are not UTF-8 are told, and the rest goes on`() throws {
    try tree.put("good.mbox", TreeFixture.mbox("one")).put("box/b.eml", "x")
    let bad: [UInt8] = [0x42, 0xE9]
    let root = try Directory.open(path: tree.path)
    try root.put(bad + Array(".mbox".utf8), TreeFixture.mbox("two"))
    _ = try root.makeSubdirectory(bad)
    _ = try root.makeSubdirectory(Array(".".utf8) + bad).makeSubdirectory("cur")
    try root.openSubdirectory("box").put(bad + Array(".eml".utf8), TreeFixture.message("three"))
    #expect(try tree.listing() == ["box messageFiles box", "good mbox good.mbox"])
    let unreadable = try tree.tree().unreadable
    #expect(unreadable.count == 3)
    #expect(unreadable.allSatisfy { $0.hasSuffix("its name is not UTF-8") })
    #expect(try tree.mailbox("box").scan().count == 2)
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func `what may not be read is told, and the rest goes on`() throws {
    try tree.put("good.mbox", TreeFixture.mbox("one")).put("bad.mbox", TreeFixture.mbox("two"))
      .put("shut/x.mbox", TreeFixture.mbox("three")).put("box/1.eml", "x").put("box/2.eml", "y")
    for name in ["bad.mbox", "shut", "box/2.eml"] { #expect(chmod("\(tree.path)/\(name)", 0) == 0) }
    defer { chmod("\(tree.path)/shut", 0o700) }
    #expect(try tree.listing() == ["box messageFiles box", "good mbox good.mbox"])
    #expect(
      try tree.tree().unreadable == [
        "\(tree.path)/bad.mbox: Permission denied", "\(tree.path)/shut: Permission denied",
      ])
    let mailbox = try tree.mailbox("box")
    #expect(try mailbox.scan().map(\.displayName) == ["1.eml"])
    #expect(mailbox.damage.count == 1)
  }

  @Test func `a tree that is too deep is cut and told`() throws {
    var directory = try Directory.open(path: tree.path)
    for depth in 0..<(TreeWalk.depthLimit + 5) {
      if depth == TreeWalk.depthLimit { try directory.put("deep.mbox", TreeFixture.mbox("one")) }
      directory = try directory.makeSubdirectory("d")
    }
    try directory.put("deeper.mbox", TreeFixture.mbox("two"))
    let found = try tree.tree()
    #expect(found.mailboxes.count == 1)
    #expect(found.unreadable.count == 1)
    #expect(found.unreadable.first?.hasSuffix("more than 256 levels deep") == true)
  }

  @Test func `a directory with very many messages`() throws {
    let directory = try Directory.open(path: tree.path)
    for number in 1...5000 { try directory.put("\(number)", "From: a\nTo: b\n\n\(number)\n") }
    #expect(try tree.listing() == ["tree mh "])
    let messages = try tree.mailbox("tree").scan()
    #expect(messages.map(\.displayName) == (1...5000).map(String.init))
  }

  @Test func `what vanishes is told when it is opened`() throws {
    try tree.putMaildir("box/", "cur/1.a:2,").put("files/1.eml", "x")
    let maildir = try tree.mailbox("box")
    let files = try tree.mailbox("files")
    let message = try #require(try maildir.scan().first)
    let file = try #require(try files.scan().first)
    #expect(rename("\(tree.path)/box/cur/1.a:2,", "\(tree.path)/box/cur/1.a:2,RS") == 0)
    #expect(try maildir.text(of: message).contains("cur/1.a"))
    #expect(unlink("\(tree.path)/box/cur/1.a:2,RS") == 0)
    #expect(unlink("\(tree.path)/files/1.eml") == 0)
    #expect(throws: StoreError.notFound("\(tree.path)/box/cur/1.a:2,")) {
      try maildir.open(message)
    }
    #expect(throws: StoreError.notFound("\(tree.path)/files/1.eml")) { try files.open(file) }
    #expect(throws: StoreError.notFound("\(tree.path)/files/1.eml")) {
      try files.internalDate(of: file)
    }
  }

  @Test func `a file that is called an mbox and is none is told when it is read`() throws {
    try tree.put("bad.mbox", "Hello\n").put("good.mbox", TreeFixture.mbox("one"))
      .put("odd", "Hello\n")
    #expect(try tree.listing() == ["bad mbox bad.mbox", "good mbox good.mbox"])
    #expect(throws: StoreError.self) { try tree.mailbox("bad").scan() }
    #expect(try tree.mailbox("good").scan().count == 1)
    let odd = try MailSources.open(path: tree.path + "/odd", mboxDialect: .mboxo)
    #expect(try odd.mailboxes().mailboxes.map(\.form) == [.mbox])
  }

  @Test func `compressed data that is cut off or damaged is told at its file`() throws {
    let whole = TreeFixture.gzip(TreeFixture.message("one"))
    var damaged = whole
    damaged[damaged.count - 6] ^= 1
    try tree.put("cut.eml.gz", Array(whole.dropLast(12))).put("bad.eml.gz", damaged)
      .put("good.eml.gz", whole + TreeFixture.gzip("more\n") + [0, 0, 0]).put(
        "none.mbox.gz", [0x1F, 0x8B, 8, 9])
    #expect(try tree.listing() == ["tree messageFiles "])
    #expect(try tree.tree().unreadable.count == 1)
    let mailbox = try tree.mailbox("tree")
    let messages = try mailbox.scan()
    #expect(messages.map(\.displayName) == ["bad.eml.gz", "cut.eml.gz", "good.eml.gz"])
    #expect(throws: StoreError.self) { try mailbox.text(of: messages[0]) }
    #expect(throws: StoreError.self) { try mailbox.text(of: messages[1]) }
    #expect(try mailbox.text(of: messages[2]) == TreeFixture.message("one") + "more\n")
  }
}
