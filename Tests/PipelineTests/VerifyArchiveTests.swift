import Glibc
import Journals
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

@Suite struct VerifyArchiveTests {
  private let bench: VerifyBench
  private let files: [String]

  init() throws {
    bench = try VerifyBench()
    files = try bench.fill("INBOX", 3)
  }

  private func path(_ number: Int) -> String { "INBOX/cur/" + files[number - 1] }

  private func text(_ number: Int) throws -> String {
    try readFile(bench.root + "/" + path(number))
  }

  @Test func `what is as it came is intact, and nothing is changed`() throws {
    try bench.fill("Work/2024", 2)
    let before = try snapshot(bench.root)
    let report = try bench.verify()
    #expect(report.messages == 5 && report.intact == 5 && report.mailboxes == 2)
    #expect(report.unrecorded == 0 && report.findings == [] && report.notes == [])
    #expect(report.exitStatus == .done)
    #expect(changes(before, try snapshot(bench.root)) == [])
  }

  @Test func `changed flags and moves make no difference`() throws {
    try bench.fill("Work", 1)
    try renameFile(bench.root + "/", path(1), "Work/cur/" + files[0].replacing(":2,", with: ":2,S"))
    #expect(try bench.verify().intact == 4)
    #expect(try bench.verify().findings == [])
  }

  @Test func `an edit is told by the file's time`() throws {
    try bench.write(path(1), try text(1) + "P.S.\n", time: 1_750_000_000)
    // The same number of bytes.
    try bench.write(path(2), try text(2).replacing("body", with: "BODY"), time: 1_750_000_000)
    let report = try bench.verify()
    #expect(report.kinds == [.edited, .edited])
    #expect(report.findings.first?.file?.hasSuffix(path(1)) == true)
    #expect(report.findings.first?.text.contains("when it came") == true)
    #expect(report.intact == 1 && report.exitStatus == .findings)
  }

  @Test func `shorter by an edit is no damage`() throws {
    try bench.write(path(1), "Subject: m1\n\n", time: 1_750_000_000)
    #expect(try bench.verify().kinds == [.edited])
  }

  @Test func `damage is a difference that nobody wrote`() throws {
    try bench.damage(path(1), at: 5)
    #expect(try bench.verify().kinds == [.damaged])
  }

  @Test(arguments: [0, 10, 40])
  func `a file that is cut off is truncated, whatever its time`(_ size: Int) throws {
    let text = String(try text(1).prefix(size))
    try bench.write(path(1), text, time: 1_750_000_000)
    try bench.write(path(2), text, time: 1_700_000_002)
    #expect(try bench.verify().kinds == [.truncated, .truncated])
  }

  @Test func `a message that can't be read is named, and is not missing`() throws {
    unlink(bench.root + "/" + path(1))
    try runSuccessfully("/bin/cp", [bench.root + "/" + path(2), bench.root + "/x"])
    #expect(try bench.verify().kinds == [.missing])
    guard getuid() != 0 else { return }
    chmod(bench.root + "/" + path(2), 0)
    #expect(try bench.verify().kinds == [.unreadable, .missing])
  }

  @Test func `what is recorded and nowhere is missing, unless it was deleted by hand`() throws {
    unlink(bench.root + "/" + path(1))
    unlink(bench.root + "/" + path(2))
    let report = try bench.verify()
    #expect(report.kinds == [.missing, .missing])
    #expect(report.findings.map { $0.uid?.value } == [1, 2])
    #expect(report.findings.allSatisfy { $0.mailbox == .inbox })
    guard let one = UID(1), let two = UID(2) else { return }
    try bench.record("INBOX", .fate(one, .deleted))
    try bench.record("INBOX", .fate(two, .gone))
    let again = try bench.verify()
    #expect(again.kinds == [.missing])
    #expect(again.findings[0].text.contains("at the source no longer"))
    try bench.record("INBOX", .fate(two, .moved))
    #expect(try bench.verify().findings == [])
  }

  @Test func `a message under another name is not missing`() throws {
    try renameFile(bench.root + "/", path(1), "INBOX/cur/renamed:2,S")
    let report = try bench.verify()
    #expect(report.findings == [] && report.unrecorded == 1 && report.intact == 2)
  }

  @Test func `what was put there by hand is counted, and no difference`() throws {
    try bench.write("INBOX/cur/mine:2,", "Subject: mine\n\n")
    try runSuccessfully(
      "/bin/cp", ["-p", bench.root + "/" + path(1), bench.root + "/INBOX/cur/copy"])
    let report = try bench.verify()
    #expect(report.unrecorded == 2 && report.intact == 3 && report.exitStatus == .done)
  }

  @Test func `a second file of one message with other content was never recorded`() throws {
    let second = files[0].replacing(".mailarc", with: "N1.mailarc")
    try bench.write("INBOX/cur/" + second, "other\n")
    let report = try bench.verify()
    #expect(report.findings == [] && report.unrecorded == 1 && report.intact == 3)
  }

  @Test func `without a record the name tells whether a file was cut`() throws {
    let bench = try VerifyBench()
    let file = try bench.fill("INBOX", 2, recorded: false)[0]
    try bench.write("INBOX/cur/" + file, "Sub", time: 1_700_000_001)
    let report = try bench.verify()
    #expect(report.kinds == [.truncated] && report.unrecorded == 1)
  }

  @Test func `a mailbox that can't be read leaves open what is missing`() throws {
    try bench.fill("Work", 1)
    unlink(bench.root + "/" + path(1))
    try bench.write("Work/mailarc-keywords", "nonsense")
    let report = try bench.verify()
    #expect(report.kinds == [.mailboxUnreadable])
    #expect(report.notes.contains { $0.contains("can't be told") })
    #expect(report.exitStatus == .findings)
  }

  @Test func `a mailbox that is gone is one finding, one that was emptied by hand none`() throws {
    try bench.fill("Work", 3)
    try runSuccessfully("/bin/rm", ["-r", bench.root + "/Work"])
    let report = try bench.verify()
    #expect(report.kinds == [.mailboxMissing])
    #expect(report.findings[0].text.contains("3 of its messages"))
    for number in 1...3 {
      if let uid = UID(UInt32(number)) { try bench.record("Work", .fate(uid, .deleted)) }
    }
    #expect(try bench.verify().findings == [])
  }

  @Test func `a damaged journal is named, a torn end is not`() throws {
    let journal = try bench.journalPath("INBOX")
    let whole = try readBytes(journal)
    try writeBytes(journal, whole + Array("0123".utf8))
    let torn = try bench.verify()
    #expect(torn.findings == [] && torn.notes.count == 1 && torn.intact == 3)
    try writeBytes(journal, whole)
    try bench.breakLine(journal, 3)
    let damaged = try bench.verify()
    #expect(damaged.kinds == [.journalDamaged])
    #expect(damaged.unrecorded == 1 && damaged.intact == 2)
  }

  @Test(arguments: [
    "pull/0011223344556677", "pull/states", "push/a@b/0011223344556677", "convert/x",
  ])
  func `a journal of a newer format is refused in the words of pull and push`(
    _ name: String
  ) throws {
    let kind =
      name.hasSuffix("states") ? "mailarc-states" : "mailarc-\(name.prefix { $0 != "/" })"
    _ = try Directory.open(path: bench.root).ensurePath(
      [".mailarc"] + name.split(separator: "/").dropLast().map(String.init))
    let path = "\(bench.root)/.mailarc/\(name).journal"
    try writeBytes(path, JournalRecord(kind, ["1", "x"]).line)
    #expect(throws: Never.self) { try bench.verify() }
    try writeBytes(path, JournalRecord(kind, ["2", "x"]).line)
    let failure = #expect(throws: Failure.self) { try bench.verify() }
    #expect(failure?.cause == .newerFormat)
    #expect(failure?.summary == "\(JournalError.foreign(path: path))")
    #expect(failure?.cause.exitStatus == .badInput)
  }

  @Test(arguments: ["archive", "mailboxes", "keywords"])
  func `a broken or lost state file is named, and the messages are read`(_ name: String) throws {
    try bench.write(".mailarc/" + name, "nonsense")
    let broken = try bench.verify()
    #expect(broken.kinds == [.stateDamaged] && broken.intact == 3)
    unlink(bench.root + "/.mailarc/" + name)
    let lost = try bench.verify()
    #expect(lost.kinds == [.stateDamaged] && lost.intact == 3)
    #expect(lost.findings[0].file?.hasSuffix(name) == true)
  }

  @Test func `a state without its journal is named, two mailboxes in one place are not`() throws {
    let states = try MailboxStates(
      in: try Directory.open(path: bench.root + "/.mailarc/pull"), readOnly: false)
    try states.record(
      RecordedState(
        state: MailboxState(
          uidValidity: UIDValidity(1), uidNext: 1, messages: 0,
          highestModSeq: ModificationSequence(1)), outstanding: 0, archive: "1"),
      for: "0011223344556677")
    // As when somebody renamed A to a name that the source gave to another one later.
    try bench.write(".mailarc/mailboxes", "mailarc mailboxes 1\nA\tas=INBOX\nINBOX\n")
    #expect(try bench.verify().kinds == [.stateDamaged])
  }

  @Test func `what is no archive is refused`() throws {
    func status(_ path: String) throws -> Pipeline.ExitStatus? {
      let failure = #expect(throws: Failure.self) {
        try VerifyArchive(
          path: path, observer: NoVerifyObserver(), interruption: try Interruption()
        ).run()
      }
      return failure?.cause.exitStatus
    }
    #expect(try status(bench.temporary.path) == .badInput)
    #expect(try status(bench.root + "/none") == .badInput)
    try bench.write(".mailarc/archive", "mailarc archive 9\n")
    #expect(try status(bench.root) == .badInput)
  }

  @Test func `an interruption ends it`() throws {
    let interruption = try Interruption()
    interruption.interrupt()
    let failure = #expect(throws: Failure.self) {
      try VerifyArchive(
        path: bench.root, observer: NoVerifyObserver(), interruption: interruption
      ).run()
    }
    #expect(failure?.cause == .interrupted)
  }
}

/// What a conversion recorded counts like what a pull recorded.
@Suite struct VerifyConvertedTests {
  private let bench: VerifyBench
  private let files: [String]

  init() throws {
    bench = try VerifyBench()
    files = try bench.fill("INBOX", 2, recorded: false)
    let directory = try Directory.open(path: bench.root).ensurePath([".mailarc", "convert"])
    let journal = try ConvertJournal(
      in: directory, key: MailboxKey(account: "", mailbox: .inbox).hex, mailbox: .inbox,
      readOnly: false)
    for file in files {
      let text = try readFile(bench.root + "/INBOX/cur/" + file).replacing("\n", with: "\r\n")
      journal.append(
        .converted(
          ConvertedMessage(
            name: String(file.prefix { $0 != ":" }),
            digest: SHA256.digest(of: Array(text.utf8).span), sourceSize: 1, source: "",
            flags: Flags())))
    }
    try journal.flush()
    try writeFile(
      directory.path + "/source", "mailarc conversion 1\npath /mail\ncomplete yes\n")
  }

  @Test func `its messages are compared`() throws {
    #expect(try bench.verify().intact == 2)
    try bench.damage("INBOX/cur/" + files[0], at: 3)
    #expect(try bench.verify().kinds == [.damaged])
  }

  @Test func `what it converted and is nowhere is missing`() throws {
    try bench.fill("Work", 1, recorded: false)
    try renameFile(bench.root + "/", "INBOX/cur/" + files[0], "Work/cur/" + files[0])
    #expect(try bench.verify().findings == [])
    unlink(bench.root + "/INBOX/cur/" + files[1])
    #expect(try bench.verify().kinds == [.missing])
  }

  @Test func `its identity needs no account where nothing was fetched`() throws {
    for file in files {
      try renameFile(bench.root + "/INBOX/cur/", file, file + "x")
    }
    for file in try listDirectory(bench.root + "/INBOX/cur") {
      try renameFile(bench.root + "/INBOX/cur/", file, "foreign" + file)
    }
    unlink(bench.root + "/.mailarc/archive")
    #expect(try bench.rebuild().actions.count == 1)
    #expect(try Archive.open(path: bench.root, for: .reading).identity.account == "")
  }
}
