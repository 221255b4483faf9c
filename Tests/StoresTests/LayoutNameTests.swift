import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

struct LayoutNameTests {
  @Test(arguments: try golden("maildirplusplus-names.txt"))
  func `a directory of Maildir++ is named as the golden file says, and read back`(
    _ row: [String]
  ) throws {
    let name = try required(MailboxName(stateForm: row[0]))
    #expect(MaildirPlusPlusName.candidates(for: name).first == row[1])
    #expect(MaildirPlusPlusName.read(Array(row[1].utf8))?.name == name)
  }

  @Test(arguments: [
    (".Entwürfe", ["Entwürfe"]), (".R&D", ["R&D"]), (".a.Entwürfe.&AOQ-", ["a", "Entwürfe", "ä"]),
    (".a..b", nil), ("..", nil), (".", nil), ("a", nil), (".%!%41", ["A"]),
  ])
  func `directories that others made are read`(_ entry: String, _ components: [String]?) {
    #expect(MaildirPlusPlusName.read(Array(entry.utf8))?.name.components == components)
  }

  @Test func `the form that mailarc prefers is read, others are told`() throws {
    let temporary = try TemporaryDirectory()
    let archive = try Fixture(.maildirPlusPlus, in: temporary).archive
    for entry in [".Entw&APw-rfe", ".Entwürfe", ".%!%45ntw%C3%BCrfe", "plain", ".a..b"] {
      _ = try archive.root.ensurePath([entry, "cur"])
    }
    let tree = try archive.mailboxes()
    #expect(tree.mailboxes.map(\.path) == [[".Entw&APw-rfe"]])
    #expect(tree.unreadable.count == 3)
    #expect(tree.passedOver.count == 1)
    try archive.root.openPath([".Entw&APw-rfe"]).removeSubdirectory("cur")
    let found = try required(try archive.mailbox(required(MailboxName(["Entwürfe"]))))
    #expect(found.path.hasSuffix("/.%!%45ntw%C3%BCrfe"))
  }

  @Test(arguments: try golden("mbox-names.txt"))
  func `an mbox is named as the golden file says`(_ row: [String]) throws {
    let temporary = try TemporaryDirectory()
    let archive = try Fixture(.mbox, in: temporary).archive
    let name = try required(MailboxName(stateForm: row[0]))
    let path = try archive.makeMailbox(name).path
    #expect(path == archive.root.path + "/" + row[1])
    #expect(try archive.mailboxes().mailboxes.map(\.name) == [name])
  }
}
