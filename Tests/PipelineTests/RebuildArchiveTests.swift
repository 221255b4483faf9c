import Glibc
import Journals
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

@Suite struct RebuildArchiveTests {
  private let bench: VerifyBench

  init() throws {
    bench = try VerifyBench()
    try bench.fill("INBOX", 3, keywords: [Keyword("Work"), Keyword("$Later")])
    try bench.fill("Old/2023", 2)
  }

  private var state: String { bench.root + "/.mailarc/" }

  /// Rebuilds, and sees that a second time does nothing and that no mail was touched.
  @discardableResult
  private func rebuild(account: String? = nil) throws -> RebuildReport {
    let mail = try snapshot(bench.root, except: ["/.mailarc"])
    let report = try bench.rebuild(account: account)
    #expect(changes(mail, try snapshot(bench.root, except: ["/.mailarc"])) == [])
    let before = try snapshot(bench.root, except: ["/.mailarc/lock"])
    #expect(try bench.rebuild(account: account).actions == [])
    #expect(changes(before, try snapshot(bench.root, except: ["/.mailarc/lock"])) == [])
    return report
  }

  @Test func `where nothing is lost nothing is done`() throws {
    #expect(try rebuild() == RebuildReport())
  }

  @Test func `a lost identity is made again for the account that is given`() throws {
    for content in [nil, "nonsense", "mailarc archive 1\nlayout maildir\n"] as [String?] {
      unlink(state + "archive")
      if let content { try writeFile(state + "archive", content) }
      let report = try rebuild(account: VerifyBench.account)
      #expect(report.actions.count == 1 && report.exitStatus == .done)
      let archive = try Archive.open(path: bench.root, for: .reading)
      #expect(archive.identity.account == VerifyBench.account)
      #expect(archive.identity.layout == .maildir)
    }
    #expect(try readFile(state + "archive.broken-1") == "nonsense")
    #expect(try readFile(state + "archive.broken-2") == "mailarc archive 1\nlayout maildir\n")
    #expect(try bench.verify().findings == [])
  }

  @Test func `an identity that grew beyond its limit is a broken one`() throws {
    unlink(state + "archive")
    try writeFile(state + "archive", String(repeating: "nonsense\n", count: 1000))
    let error = #expect(throws: StoreError.self) {
      try Archive.open(path: bench.root, for: .reading)
    }
    guard case .damaged = error else { throw try #require(error) }
    let report = try rebuild(account: VerifyBench.account)
    #expect(report.actions.count == 1 && report.exitStatus == .done)
    #expect(try bench.verify().findings == [])
  }

  @Test func `without the account, or with another one, nothing is made`() throws {
    unlink(state + "archive")
    let before = try snapshot(bench.root, except: ["/.mailarc/lock"])
    for account in [nil, "bob@example.org"] {
      let failure = #expect(throws: Failure.self) { try bench.rebuild(account: account) }
      #expect(failure?.cause == .usage)
      #expect(failure?.advice != nil)
    }
    #expect(changes(before, try snapshot(bench.root, except: ["/.mailarc/lock"])) == [])
  }

  @Test func `an account that is not that of the identity is refused`() throws {
    let failure = #expect(throws: Failure.self) { try bench.rebuild(account: "bob@example.org") }
    #expect(failure?.cause == .input)
  }

  @Test func `all of the state can be lost`() throws {
    try runSuccessfully("/bin/rm", ["-r", bench.root + "/.mailarc"])
    let failure = #expect(throws: Failure.self) { try bench.rebuild() }
    #expect(failure?.cause == .input)
    #expect(access(bench.root + "/.mailarc", F_OK) != 0)
    try rebuild(account: VerifyBench.account)
    let report = try bench.verify()
    #expect(report.findings == [] && report.intact == 5)
    let record = try bench.pulled("Old/2023")
    #expect(record.uidValidity == UIDValidity(7) && record.messages.count == 2)
    #expect(!record.awaitsRematch)
    #expect(record.messages.values.allSatisfy { $0.fate == .held && $0.flags == nil })
  }

  @Test(arguments: ArchiveIdentity.Layout.allCases)
  func `the layout is told from the tree`(_ layout: ArchiveIdentity.Layout) throws {
    let bench = try VerifyBench(layout)
    try bench.fill("INBOX", 2)
    try bench.fill("Work/2024", 2)
    #expect(try bench.verify().intact == 4)
    unlink(bench.root + "/.mailarc/archive")
    #expect(try bench.verify().kinds == [.stateDamaged])
    #expect(try bench.rebuild(account: VerifyBench.account).actions.count == 1)
    #expect(try Archive.open(path: bench.root, for: .reading).identity.layout == layout)
    try runSuccessfully("/bin/rm", ["-r", bench.root + "/.mailarc"])
    #expect(try bench.rebuild(account: VerifyBench.account).exitStatus == .done)
    #expect(try Archive.open(path: bench.root, for: .reading).identity.layout == layout)
    #expect(try bench.verify().intact == 4)
    #expect(try bench.verify().findings == [])
  }

  @Test func `a directory that is none is left alone`() throws {
    let path = bench.temporary.file("none")
    try runSuccessfully("/bin/mkdir", ["-p", path + "/x/cur"])
    for account in [nil, VerifyBench.account] {
      let failure = #expect(throws: Failure.self) {
        try RebuildArchive(
          path: path, account: account, observer: NoVerifyObserver(),
          interruption: try Interruption()
        ).run()
      }
      #expect(failure?.cause == .input)
    }
    #expect(try listDirectory(path) == ["x"])
  }

  @Test func `letters of keywords keep their meaning`() throws {
    let before = try readFile(state + "keywords")
    try writeFile(state + "keywords", before.replacing("mailarc keywords 1", with: "garbage"))
    try rebuild()
    #expect(try readFile(state + "keywords") == before)
    unlink(state + "keywords")
    try rebuild()
    #expect(try readFile(state + "keywords") == before)
    // A letter that only the archive's table has can be read of a broken one.
    try writeFile(state + "keywords", before + "9 Rare\n\u{0}\u{1}")
    try rebuild()
    #expect(try readFile(state + "keywords") == before + "9 Rare\n")
  }

  @Test func `keywords by file name are kept as far as they can be read`() throws {
    let good = "1700000001.V7U1.mailarc Rare"
    try bench.write("INBOX/mailarc-keywords", "mailarc keywords by file 1\n\(good)\nx%zz y\n")
    #expect(try bench.verify().kinds == [.mailboxUnreadable])
    let report = try bench.rebuild()
    #expect(report.actions.count == 1)
    #expect(
      try readFile(bench.root + "/INBOX/mailarc-keywords")
        == "mailarc keywords by file 1\n\(good)\n")
    #expect(try readFile(bench.root + "/INBOX/mailarc-keywords.broken-1").contains("x%zz"))
    #expect(try bench.rebuild().actions == [])
    #expect(try bench.verify().findings == [])
  }

  @Test func `the table of mailboxes is kept where it can be read, and else gathered`() throws {
    let table = "mailarc mailboxes 1\nINBOX\tsubscribed\nbroken\tas=\nSent\tuse=\\Sent\n"
    try writeFile(state + "mailboxes", table)
    try rebuild()
    #expect(
      try readFile(state + "mailboxes")
        == "mailarc mailboxes 1\nINBOX\tsubscribed\nOld/2023\tsubscribed\nSent\tuse=\\Sent\n")
    #expect(try readFile(state + "mailboxes.broken-1") == table)
    try renameFile(bench.root + "/", "Old", "Renamed")
    unlink(state + "mailboxes")
    try rebuild()
    #expect(
      try readFile(state + "mailboxes")
        == "mailarc mailboxes 1\nINBOX\tsubscribed\nOld/2023\tas=Renamed/2023\tsubscribed\n")
  }

  @Test func `a lost journal is made from the files`() throws {
    let before = try bench.pulled("INBOX")
    unlink(try bench.journalPath("INBOX"))
    let report = try rebuild()
    #expect(report.actions.count == 1)
    let after = try bench.pulled("INBOX")
    #expect(after.uidValidity == before.uidValidity && after.messages.count == 3)
    for (uid, message) in before.messages {
      var expected = message
      expected.flags = nil
      #expect(after.messages[uid] == expected)
    }
    #expect(try bench.verify().findings == [])
  }

  @Test(arguments: 0..<7)
  func `a damaged journal keeps what can be read, deletions by hand among it`(_ line: Int) throws {
    let one = try #require(UID(1))
    let path = try bench.journalPath("INBOX")
    for file in try listDirectory(bench.root + "/INBOX/cur") where file.contains("U1H") {
      unlink(bench.root + "/INBOX/cur/" + file)
    }
    try bench.record("INBOX", .fate(one, .deleted))
    try bench.record("INBOX", .forgotten(one))
    let before = try bench.pulled("INBOX")
    // The last line but one is the deletion itself.
    try bench.breakLine(path, line)
    let broken = try readBytes(path)
    try rebuild()
    let after = try bench.pulled("INBOX")
    #expect(after.uidValidity == before.uidValidity)
    #expect(Set(after.messages.keys).union([one]) == Set(before.messages.keys))
    let kept = try listDirectory(state + "pull").filter { $0.contains(".broken-") }
    #expect(kept.count == 1)
    #expect(try readBytes(state + "pull/" + kept[0]) == broken)
    if line != 3, line != 6 { #expect(after.messages[one]?.fate == .deleted) }
    #expect(try bench.verify().kinds.allSatisfy { $0 == .missing })
  }

  @Test func `files without a record are added, edited ones with what they hold`() throws {
    try bench.fill("New", 2, recorded: false)
    let report = try rebuild()
    #expect(report.actions.count == 1)
    #expect(report.actions[0].text.hasPrefix("2 messages"))
    #expect(try bench.pulled("New").messages.count == 2)
    #expect(try bench.verify().intact == 7)
  }

  @Test func `an edited file does not become intact`() throws {
    let file = try bench.fill("New", 1, recorded: false)[0]
    try bench.write("New/cur/" + file, "Subject: longer than it was by far\n\n" + file + file)
    try rebuild()
    #expect(try bench.verify().kinds == [.edited])
  }

  @Test func `files of two UIDVALIDITYs leave it to the next pull to match them`() throws {
    let file = try bench.fill("New", 3, recorded: false)[0]
    try renameFile(bench.root + "/New/cur/", file, file.replacing("V7U1H", with: "V5U9H"))
    try rebuild()
    let record = try bench.pulled("New")
    #expect(record.uidValidity == UIDValidity(7) && record.messages.count == 2)
    #expect(record.awaitsRematch)
  }

  @Test func `lost run numbers don't make old messages new`() throws {
    try writeFile(state + "pull/runs.journal", "")
    try rebuild()
    let log = try RunLog(in: try Directory.open(path: state + "pull"), readOnly: true)
    #expect(log.numbers.current == 2 && !log.numbers.isRecent(1))
  }

  @Test func `broken last states are taken away, good ones stay`() throws {
    let directory = try Directory.open(path: state + "pull")
    let key = try VerifyBench.key("INBOX").hex
    let states = try MailboxStates(in: directory, readOnly: false)
    let recorded = RecordedState(
      state: MailboxState(
        uidValidity: UIDValidity(7), uidNext: 4, messages: 3,
        highestModSeq: ModificationSequence(1)), outstanding: 0, archive: "1")
    for key in [key, "0011223344556677", key] {
      try states.record(recorded, for: key)
      try states.forget(key)
      try states.record(recorded, for: key)
    }
    try rebuild()
    #expect(try MailboxStates(in: directory, readOnly: true).keys == [key])
    try bench.breakLine(state + "pull/states.journal", 2)
    #expect(try bench.verify().kinds == [.journalDamaged])
    try rebuild()
    #expect(try MailboxStates(in: directory, readOnly: true).keys == [])
    #expect(try listDirectory(state + "pull").contains("states.journal.broken-1"))
    #expect(try bench.verify().findings == [])
  }

  @Test func `a push's journal keeps what can be read, and its UIDs are not trusted`() throws {
    let push = try Directory.open(path: bench.root).ensurePath([".mailarc", "push", "bob"])
    let journal = try PushJournal(
      in: push, key: "0011223344556677", mailbox: .inbox, readOnly: false)
    for number in 1...3 { journal.append(.known(uidNext: UInt32(number))) }
    try journal.flush()
    let path = push.path + "/0011223344556677.journal"
    try bench.breakLine(path, 2)
    let before = try readBytes(path)
    #expect(try bench.verify().kinds == [.journalDamaged])
    let report = try rebuild()
    #expect(report.notes == [] && report.actions.map(\.file) == [path])
    #expect(report.exitStatus == .done)
    // The line is gone, and one more says that nothing is bound.
    let lines = before.split(separator: 10)
    let after = try readBytes(path).split(separator: 10)
    #expect(after.dropLast() == lines[..<2] + lines[3...])
    #expect(after.last.map { String(decoding: $0, as: UTF8.self).hasSuffix(" unbound") } == true)
    #expect(try bench.verify().findings == [])
    try writeBytes(path, JournalRecord("mailarc-push", ["2", "x"]).line)
    #expect(try rebuild().exitStatus == .findings)
  }

  @Test func `an archive in use is not touched`() throws {
    let archive = try Archive.open(path: bench.root, for: .writing)
    let failure = #expect(throws: Failure.self) { try bench.rebuild() }
    #expect(failure?.cause == .locked)
    withExtendedLifetime(archive) {}
  }
}
