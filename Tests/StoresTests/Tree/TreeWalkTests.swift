import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// Trees of every kind, and what is found in them.
struct TreeWalkTests {
  private let tree: TreeFixture

  init() throws { tree = try TreeFixture() }

  @Test func `Maildir++ as Dovecot keeps it`() throws {
    try tree.putMaildir("", "cur/1.a:2,S").putMaildir(".Entw&APw-rfe/")
      .putMaildir(".Archive.2002.Q3 Reports/").putMaildir(".a&-b/")
      .put(".Archive.2002.Q3 Reports/maildirfolder").put("subscriptions", "V\t2\n\nSent\n")
      .put("dovecot-uidvalidity", "5").put("dovecot.index.log", "x").put(".Lost/maildirfolder")
    #expect(
      try tree.listing() == [
        "INBOX maildir ", "Archive/2002/Q3 Reports maildir .Archive.2002.Q3 Reports",
        "Entwürfe maildir .Entw&APw-rfe", "a&b maildir .a&-b",
      ])
    #expect(try tree.tree().unreadable.isEmpty)
    #expect(try tree.tree().passedOver.isEmpty)
  }

  @Test func `Maildir++ as Courier keeps it`() throws {
    try tree.putMaildir("").putMaildir(".Entwürfe/").putMaildir(".a&b/").putMaildir(".日本語/")
      .put("courierimapsubscribed", "INBOX.Entwürfe\n")
    #expect(
      try tree.listing() == [
        "INBOX maildir ", "Entwürfe maildir .Entwürfe", "a&b maildir .a&b", "日本語 maildir .日本語",
      ])
  }

  @Test func `nested Maildirs`() throws {
    try tree.putMaildir("INBOX/").putMaildir("Work/").putMaildir("Work/Entw&APw-rfe/")
      .putMaildir("Deep/1/2/").put("Work/.mbsyncstate", "x").put("Work/.uidvalidity", "1")
    #expect(
      try tree.listing() == [
        "INBOX maildir INBOX", "Deep/1/2 maildir Deep/1/2", "Work maildir Work",
        "Work/Entwürfe maildir Work/Entw&APw-rfe",
      ])
  }

  @Test func `mbsync's Legacy and KMail's subfolders`() throws {
    try tree.putMaildir("Work/").putMaildir("Work/.2024/").putMaildir(".inbox.directory/lists/")
      .putMaildir("inbox/")
    #expect(
      try tree.listing() == [
        "INBOX maildir inbox", "INBOX/lists maildir .inbox.directory/lists", "Work maildir Work",
        "Work/2024 maildir Work/.2024",
      ])
  }

  @Test func `Thunderbird's tree`() throws {
    try tree.put("Inbox", TreeFixture.mbox("one")).put("Inbox.msf", "// <!-- <mdb:mork")
      .put("Inbox.sbd/lists", TreeFixture.mbox("two")).put("Inbox.sbd/lists.msf", "x")
      .put("Trash").put("Trash.msf", "x").put("Empty", "").put("Parent", "").put("Only.msf", "x")
      .put("Parent.sbd/Child", TreeFixture.mbox("three")).put("popstate.dat", "# POP3 State File")
      .put("filterlog.html", "<html>").put("msgFilterRules.dat", "version=\"9\"\n")
    #expect(
      try tree.listing() == [
        "INBOX mbox Inbox", "INBOX/lists mbox Inbox.sbd/lists", "Parent mbox Parent",
        "Parent/Child mbox Parent.sbd/Child", "Trash mbox Trash",
      ])
  }

  @Test func `Dovecot's mbox tree`() throws {
    try tree.put("mail/.imap/INBOX/dovecot.index", "x").put("mail/.subscriptions", "Sent\n")
      .put("mail/Sent").put("mail/Archive/.imap/2002/dovecot.index", "x")
      .put("mail/Archive/2002", TreeFixture.mbox("one")).put("mail/Archive/2003")
      .put("mail/subscriptions").put("inbox", TreeFixture.mbox("two"))
    #expect(
      try tree.listing() == [
        "INBOX mbox inbox", "Archive/2002 mbox mail/Archive/2002",
        "Archive/2003 mbox mail/Archive/2003", "Sent mbox mail/Sent",
      ])
  }

  @Test func `a directory of mbox files, plain and compressed`() throws {
    try tree.put("a.mbox", TreeFixture.mbox("one")).put(
      "b.MBOX.gz", TreeFixture.gzip(TreeFixture.mbox("x"))
    )
    .put("c", [0xEF, 0xBB, 0xBF, 10, 13, 10] + Array(TreeFixture.mbox("two").utf8))
    .put("empty.mbox").put("notes.txt", "From the desk of Ada\n\nHello\n")
    .put("2003-June.txt", "From a at example.org  Mon Jan  1 00:00:00 2001\nFrom: a\n\n")
    .put("d", "From nobody\nSubject: no date\n\n").put("e.mbx", "From a Mon Jan  1 00:00:00 2001")
    #expect(
      try tree.listing() == [
        "2003-June.txt mbox 2003-June.txt", "a mbox a.mbox", "b mbox b.MBOX.gz", "c mbox c",
        "d mbox d", "e mbox e.mbx", "empty mbox empty.mbox",
      ])
  }

  @Test func `a home directory is no level of the hierarchy`() throws {
    try tree.putMaildir("Maildir/").putMaildir("Maildir/.Sent/").putMaildir("Maildir/.Work.2024/")
    #expect(
      try tree.listing() == [
        "INBOX maildir Maildir", "Sent maildir Maildir/.Sent",
        "Work/2024 maildir Maildir/.Work.2024",
      ])
    try tree.put("old.mbox", TreeFixture.mbox("one"))
    #expect(try tree.listing().contains("Maildir/Sent maildir Maildir/.Sent"))
  }

  @Test func `a directory that no server keeps stays a level of the hierarchy`() throws {
    try tree.putMaildir("Work/").putMaildir("Work/2024/")
    #expect(
      try tree.listing() == ["Work maildir Work", "Work/2024 maildir Work/2024"])
  }

  @Test func `exports of Apple Mail and readpst`() throws {
    try tree.put("Work.mbox/mbox", TreeFixture.mbox("one")).put("Work.mbox/table_of_contents", "x")
      .put("Work/Sub.mbox/mbox", TreeFixture.mbox("two"))
      .put("Outlook/Inbox/mbox", TreeFixture.mbox("three"))
    #expect(
      try tree.listing() == [
        "Outlook/Inbox mbox Outlook/Inbox/mbox", "Work mbox Work.mbox/mbox",
        "Work/Sub mbox Work/Sub.mbox/mbox",
      ])
  }

  @Test func `directories of messages`() throws {
    try tree.put("a.eml", TreeFixture.message("one")).put("Sub/b.eml", "no header")
      .put("Sub/Sub/c.EML.gz", TreeFixture.gzip(TreeFixture.message("two")))
      .put("Hash/00001.7c53336b37003a9286aba55d2945844c", TreeFixture.message("three"))
      .put("README", "Note: this is no mail\nFrom: but has one field\n").put(
        "page.mht", "From: a\nDate: b\nTo: c\n\n"
      )
      .put("Mixed/really.eml", TreeFixture.mbox("four")).put("Empty/x.eml")
    #expect(
      try tree.listing() == [
        "Empty messageFiles Empty", "Hash messageFiles Hash", "Mixed/really mbox Mixed/really.eml",
        "Sub messageFiles Sub", "Sub/Sub messageFiles Sub/Sub", "tree messageFiles ",
      ])
  }

  @Test func `MH folders`() throws {
    try tree.put("inbox/1", TreeFixture.message("one")).put("inbox/.mh_sequences", "unseen: 1\n")
      .put("inbox/lists/12", TreeFixture.message("two")).put("none/.mh_sequences", "cur: 3\n")
      .put("numbers/1", "just a number").put("numbers/2").put("context", "Current-Folder: inbox\n")
    #expect(
      try tree.listing() == [
        "INBOX mh inbox", "INBOX/lists mh inbox/lists", "none mh none",
      ])
  }

  @Test func `two entries of one name are both there`() throws {
    try tree.putMaildir("Work/").put("Work.mbox", TreeFixture.mbox("one"))
      .put("Work.mbox.gz", TreeFixture.gzip(TreeFixture.mbox("two"))).put("Work/a.eml", "x")
      .put("Work (2)", TreeFixture.mbox("three"))
    #expect(
      try tree.listing() == [
        "Work maildir Work", "Work (2) mbox Work (2)", "Work (3) mbox Work.mbox",
        "Work (4) mbox Work.mbox.gz", "Work (5) messageFiles Work",
      ])
  }

  @Test func `mail in forms that are not read is told`() throws {
    try tree.put("a.mbox", TreeFixture.mbox("one")).put("x/1.emlx", "12\nSubject").put(
      "x/2.emlx", "1"
    )
    .put("old.pst", "!BDN").put("noname", "!BDN").put("inbox", "*mbx*\r\n")
    let passedOver = try tree.tree().passedOver
    let path = tree.path
    #expect(
      passedOver == [
        "\(path)/inbox: a mailbox in the format mbx of the University of Washington",
        "\(path)/noname: an Outlook data file; readpst makes mbox files of it (and 1 more there)",
        "\(path)/x/1.emlx: a message of Apple Mail's own store; its export makes mbox files "
          + "(and 1 more there)",
      ])
  }

  @Test(arguments: [
    ("Work.mbox", "Work"), ("in.mbx", "in"), ("x.mbox.gz", "x"), ("Inbox", "INBOX"),
    ("Entw&APw-rfe", "Entwürfe"),
  ])
  func `a lone mbox`(file: String, name: String) throws {
    let text = TreeFixture.mbox("one")
    try tree.put(file, file.hasSuffix(".gz") ? TreeFixture.gzip(text) : Array(text.utf8))
    let found = try MailSources.open(path: "\(tree.path)/\(file)", mboxDialect: nil).mailboxes()
    #expect(
      found.mailboxes.map { "\($0.name) \($0.form.rawValue) \($0.path)" } == ["\(name) mbox []"])
  }

  @Test(arguments: ["one.eml", "one.eml.gz", "1700000000.x:2,S"])
  func `a lone message`(file: String) throws {
    let text = TreeFixture.message("one")
    try tree.put(file, file.hasSuffix(".gz") ? TreeFixture.gzip(text) : Array(text.utf8))
    let source = try MailSources.open(path: "\(tree.path)/\(file)", mboxDialect: nil)
    let place = try #require(try source.mailboxes().mailboxes.first)
    #expect(place.form == .messageFiles)
    let mailbox = try source.mailbox(at: place)
    let flags = file.hasSuffix("S") ? "\\Seen" : ""
    #expect(try mailbox.lines() == ["\(file) [\(flags)] one"])
    #expect(try mailbox.path(of: #require(try mailbox.scan().first)) == "\(tree.path)/\(file)")
  }

  @Test func `an archive is opened as such, and nothing is written`() throws {
    let path = tree.temporary.file("archive")
    _ = try Archive.create(path: path, account: "a@example.org", layout: .maildir)
      .makeMailbox(.inbox)
    let before = try tree.temporary.directory.openSubdirectory("archive").list()
    let source = try MailSources.open(path: path, mboxDialect: nil)
    #expect(source is Archive)
    #expect(try source.mailboxes().mailboxes.map(\.name) == [.inbox])
    #expect(try tree.temporary.directory.openSubdirectory("archive").list() == before)
  }
}
