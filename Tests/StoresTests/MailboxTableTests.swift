import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

struct MailboxTableTests {
  let temporary: TemporaryDirectory

  init() throws { temporary = try TemporaryDirectory() }

  @Test func `records come back as they were saved`() throws {
    let table = try MailboxTable(in: temporary.directory)
    let odd = try required(MailboxName(["a/b\t%", "\n"]))
    var record = MailboxRecord(
      name: odd, archiveName: odd, specialUses: [.junk, .sent], isSubscribed: true,
      isSelectable: false)
    table.update(record)
    record.archiveName = .inbox
    table.update(record)
    let plain = MailboxRecord(
      name: .inbox, archiveName: .inbox, specialUses: [], isSubscribed: false, isSelectable: true)
    table.update(plain)
    try table.save()
    let again = try MailboxTable(in: temporary.directory)
    #expect(again.records == [plain, record])
    #expect(again[odd] == record)
    again.remove(odd)
    #expect(again[odd] == nil)
    try again.save()
    #expect(try MailboxTable(in: temporary.directory).records == [plain])
  }

  @Test func `the file is written only if something changed`() throws {
    let table = try MailboxTable(in: temporary.directory)
    try table.save()
    #expect(try temporary.directory.list().isEmpty)
    let record = MailboxRecord(
      name: .inbox, archiveName: .inbox, specialUses: [], isSubscribed: true, isSelectable: true)
    table.update(record)
    try table.save()
    let inode = try temporary.directory.status(of: "mailboxes").inode
    table.update(record)
    table.remove(try required(MailboxName(["other"])))
    try table.save()
    #expect(try temporary.directory.status(of: "mailboxes").inode == inode)
  }

  @Test(arguments: [
    "mailarc mailboxes 1\n\n", "mailarc mailboxes 1\na\tuse=\\Nothing\n",
    "mailarc mailboxes 1\na\tunknown\n", "mailarc mailboxes 1\na\na\n",
    "mailarc mailboxes 1\na\tas=\n", "mailarc mailboxes 1\na%ZZ\n", "mailarc archive 1\n",
    "mailarc mailboxes 1\na",
  ])
  func `a damaged file is an error`(_ text: String) throws {
    try temporary.directory.put("mailboxes", text)
    let error = #expect(throws: StoreError.self) { try MailboxTable(in: temporary.directory) }
    guard case .damaged = try required(error) else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
