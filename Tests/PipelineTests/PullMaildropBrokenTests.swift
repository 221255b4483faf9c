import Glibc
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// POP3 pulls where something breaks off, is refused, or came over IMAP before.
struct PullMaildropBrokenTests {
  typealias Layout = ArchiveIdentity.Layout
  typealias Naming = MaildropBench.Naming

  private static func bodies(_ subjects: String...) -> [String] {
    subjects.map { MaildropBench.message($0) }
  }

  @Test(arguments: [Naming.lasting, .withoutUIDL, .withoutUIDLAndTOP], [1, 150, 400, 700])
  func `a connection that drops costs what was on its way, and nothing comes twice`(
    _ naming: Naming, _ octets: Int
  ) async throws {
    let bench = try MaildropBench {
      $0.dropsAfter = octets
      $0.drops = 2
    }
    bench.hold(Self.bodies("a", "b", "c", "d"), naming)
    #expect(try await bench.pull().sums == ["transferred": 4])
    #expect(try bench.view().subjects == ["a", "b", "c", "d"].map { "INBOX: \($0)" })
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `a slow server that is never silent for long is heard to the end`() async throws {
    let bench = try MaildropBench {
      $0.pieces = 1
      // More in all than the time for which a server may be silent.
      $0.pause = 2500
    }
    bench.hold(Self.bodies("a", "b"))
    #expect(try await bench.pull(timeout: 1).sums == ["transferred": 2])
    #expect(bench.server.change { $0.connections } == 1)
    #expect(try bench.view().subjects == ["INBOX: a", "INBOX: b"])
  }

  @Test(arguments: [Naming.lasting, .withoutUIDLAndTOP])
  func `a server that falls silent in a message is left, and asked again`(_ naming: Naming)
    async throws
  {
    let bench = try MaildropBench {
      $0.dropsAfter = 200
      $0.drops = 1
      $0.stalls = true
    }
    bench.hold(Self.bodies("a", "b", "c"), naming)
    #expect(try await bench.pull(timeout: 1).sums == ["transferred": 3])
    #expect(bench.server.change { $0.connections } == 2)
    #expect(try bench.view().subjects == ["a", "b", "c"].map { "INBOX: \($0)" })
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `a message that drops the connection each time is named, and the rest comes`()
    async throws
  {
    let bench = try MaildropBench()
    bench.hold([MaildropBench.message("a"), MaildropBench.message("b")])
    bench.server.change {
      $0.messages.insert(
        .init(MaildropBench.message("huge") + String(repeating: "x", count: 5000), uidl: "h"), at: 1
      )
      $0.dropsAfter = 2000
    }
    let report = try await bench.pull()
    #expect(report.sums["transferred"] == 2)
    #expect(report.failures.map { $0.reason } == [LostConnections.reason])
    #expect(report.exitStatus == .findings)
    bench.server.change { $0.dropsAfter = nil }
    #expect(try await bench.pull().sums == ["transferred": 1])
    #expect(try bench.view().messages.count == 3)
  }

  @Test func `a message that is refused is named, and the rest comes`() async throws {
    let bench = try MaildropBench { $0.refused = [2: "-ERR [SYS/PERM] broken"] }
    bench.hold(Self.bodies("a", "b", "c"))
    for round in 0..<2 {
      let report = try await bench.pull()
      #expect(report.sums["transferred"] == (round == 0 ? 2 : nil))
      #expect(report.failures.map(\.reason) == ["the server refuses it: broken"])
    }
    bench.server.change { $0.refused = [:] }
    let report = try await bench.pull()
    #expect(report.sums == ["transferred": 1])
    #expect(report.exitStatus == .done)
    #expect(try bench.view().messages.count == 3)
  }

  @Test(arguments: ["-ERR [IN-USE] busy", "-ERR [SYS/TEMP] later", "-ERR [LOGIN-DELAY] wait"])
  func `a maildrop that is locked is tried again`(_ answer: String) async throws {
    let bench = try MaildropBench { $0.loginAnswers = [answer] }
    bench.hold(Self.bodies("a"))
    #expect(try await bench.pull().sums == ["transferred": 1])
    bench.server.change { $0.loginAnswers = [answer, answer, answer, answer] }
    let report = try await bench.pull()
    #expect(report.exitStatus.rawValue == 75)
    #expect(try bench.view().messages.count == 1)
  }

  @Test(arguments: [Layout.maildir, .mbox])
  func `what was pulled over IMAP is recognised, and the reverse`(_ layout: Layout) async throws {
    let imap = try SourceBench {
      var inbox = SourceServer.Mailbox()
      inbox.uidValidity = 7
      inbox.messages = SourceBench.messages(4, from: 11)
      inbox.messages[0].flags = ["\\Flagged"]
      var work = SourceServer.Mailbox()
      work.messages = SourceBench.messages(1, from: 50)
      $0.mailboxes = ["INBOX": inbox, "Work": work]
    }
    try await imap.pull(layout: layout)
    let hand = ArchiveHand(archive: imap.archive, layout: layout)
    try hand.move("m12", from: "INBOX", to: "Work")
    try hand.delete(["m13"])
    let bench = try MaildropBench(imap.directory)
    bench.hold((11...15).map { MaildropBench.message("m\($0)") })
    let report = try await bench.pull()
    #expect(report.sums == ["transferred": 1, "deleted": 1])
    #expect(bench.take("RETR") == 1)
    let expected = ["INBOX: m11", "INBOX: m14", "INBOX: m15", "Work: m12", "Work: m50"]
    #expect(try imap.view().subjects == expected)
    #expect(try await bench.pull().sums == ["deleted": 1])
    imap.server.change {
      $0.mailboxes["INBOX"]?.messages += SourceBench.messages(1, from: 15)
      $0.lines.removeAll()
    }
    let back = try await imap.pull()
    #expect(back.sums["transferred"] == nil)
    #expect(!imap.server.lines.contains { $0.contains("BODY.PEEK[]") })
    #expect(try imap.view().subjects == expected)
    #expect(try imap.view().message("m11").flags == ["\\flagged"])
    #expect(try await imap.pull().sums == ["deleted": 1])
  }

  @Test func `other mailboxes stay, and nothing of them goes into the trash`() async throws {
    let imap = try SourceBench {
      var inbox = SourceServer.Mailbox()
      inbox.messages = SourceBench.messages(2)
      var work = SourceServer.Mailbox()
      work.messages = SourceBench.messages(2, from: 50)
      $0.mailboxes = ["INBOX": inbox, "Work": work]
    }
    try await imap.pull()
    // Gone from another mailbox, and from INBOX into that.
    imap.expunge("m50")
    #expect(try await imap.pull().sums == ["gone": 1])
    imap.expunge("m2", from: "INBOX")
    imap.server.change { $0.mailboxes["Work"]?.messages += SourceBench.messages(1, from: 2) }
    let bench = try MaildropBench(imap.directory)
    bench.hold(Self.bodies("m1"))
    let report = try await bench.pull(prune: 100)
    #expect(report.sums["removed"] == nil)
    #expect(try imap.view().messages.count == 4)
    #expect(try imap.trash().messages.isEmpty)
    // The account's other face finds what became of it.
    #expect(try await imap.pull().sums["moved"] == 1)
    #expect(
      try imap.view().subjects == ["INBOX: m1", "Work: m2", "Work: m50", "Work: m51"])
  }

  @Test func `what is gone goes into the trash if that is asked for`() async throws {
    let bench = try MaildropBench()
    bench.hold(Self.bodies("a", "b", "c"))
    try await bench.pull()
    bench.hold(Self.bodies("a"))
    #expect(try await bench.pull(prune: 100).sums == ["gone": 2, "removed": 2])
    #expect(try bench.view().subjects == ["INBOX: a"])
    #expect(try await bench.pull(prune: 100).sums == [:])
  }

  @Test(arguments: [Naming.lasting, .renumbered, .withoutUIDLAndTOP])
  func `a pull that is killed at any step and run again`(_ naming: Naming) async throws {
    var step = 0
    while true {
      step += 1
      let bench = try MaildropBench()
      bench.hold(Self.bodies("a", "twin", "b", "twin"), naming)
      let killed = try bench.run(environment: ["MAILARC_KILL_AT_STEP": "\(step)"])
      bench.hold(Self.bodies("a", "twin", "b", "twin", "c"), naming, run: 2)
      let again = try bench.run()
      #expect(again.status == 0, "step \(step): \(again.errors)")
      let subjects = try bench.view().subjects
      #expect(
        subjects == ["a", "b", "c", "twin", "twin"].map { "INBOX: \($0)" }, "step \(step)")
      bench.hold(Self.bodies("a", "twin", "b", "twin", "c"), naming, run: 3)
      #expect(try bench.run().output.contains("Nothing to do"), "step \(step)")
      if killed.status == 0 { break }
    }
    #expect(step > 15)
  }

  private static func alike(_ name: String, _ uidl: String) -> FakePOP3Server.Message {
    FakePOP3Server.Message(MaildropBench.message(name), uidl: uidl)
  }

  /// All messages have the same size, and the name is the place in disguise.
  @Test func `a name that goes to another message of the same size is not believed`() async throws {
    let bench = try MaildropBench()
    bench.server.change { state in
      state.messages = (1...9).map { Self.alike("m\($0)", "pos\($0)") }
    }
    #expect(try await bench.pull().sums == ["transferred": 9])
    // The first one is gone, a new one is the last.
    bench.server.change { state in
      state.messages = (2...9).map { Self.alike("m\($0)", "pos\($0 - 1)") }
      state.messages.append(Self.alike("mA", "pos9"))
    }
    let report = try await bench.pull()
    #expect(report.sums == ["transferred": 1, "gone": 1])
    #expect(try bench.view().subjects.contains("INBOX: mA"))
    #expect(try await bench.pull().sums == [:])
    #expect(try bench.view().messages.count == 10)
  }

  @Test func `names that change places store nothing twice`() async throws {
    let bench = try MaildropBench()
    func hold(_ names: [String]) {
      bench.server.change { state in
        state.messages = zip(["m1", "m2", "longer"], names).map { Self.alike($0, $1) }
      }
    }
    hold(["a", "b", "c"])
    #expect(try await bench.pull().sums == ["transferred": 3])
    hold(["b", "c", "a"])
    #expect(try await bench.pull().sums == [:])
    #expect(try bench.view().messages.count == 3)
  }
}
