import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Servers that break off, leave out, lie about what changed or start anew.
@Suite struct PullDisturbedTests {
  private func subjects(_ numbers: some Sequence<Int>) -> [String] {
    numbers.map { "INBOX: m\($0)" }.sorted()
  }

  @Test(arguments: [
    (SourceServer.Quirk.drops, "the connection drops"), (.leavesOut, "gives no content"),
    (.givesNIL, "gives no content"), (.refuses, "can't read it"), (.refusesSize, "can't read it"),
    (.givesEmpty, "gives no content"), (.hides, "tells nothing of it"),
  ])
  func `a message that can't be had is named, and the rest arrives`(
    _ quirk: SourceServer.Quirk, _ words: String
  ) async throws {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(30))
      state.quirks[17] = quirk
    }
    let report = try await bench.pull()
    #expect(report.sums == ["transferred": 29, "failures": 1])
    #expect(report.exitStatus == .findings)
    #expect(report.failures.first?.uid?.value == 17)
    #expect(report.failures.first?.reason.contains(words) == true)
    #expect(try bench.view().subjects == subjects((1...30).filter { $0 != 17 }))
    // It is tried again, and arrives once the server can.
    #expect(try await bench.pull().sums == ["failures": 1])
    bench.server.change { $0.quirks = [:] }
    #expect(try await bench.pull().sums == ["transferred": 1])
    #expect(try await bench.pull().sums == [:])
    #expect(try bench.view().messages.count == 30)
  }

  @Test func `a server that gives up now and then in the middle of a literal costs nothing`()
    async throws
  {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(30))
      state.quirks = [3: .drops, 17: .drops, 30: .drops]
      state.quirkCount = 3
    }
    #expect(try await bench.pull().sums == ["transferred": 30])
    #expect(try bench.view().subjects == subjects(1...30))
    #expect(bench.server.change { $0.connections } == 4)
  }

  @Test func `a server that drops every message is given up, and tried again later`() async throws {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(30))
      for uid in UInt32(5)...30 { state.quirks[uid] = .drops }
    }
    let report = try await bench.pull()
    #expect(report.exitStatus == .tryAgain)
    #expect(try bench.view().subjects == subjects(1...4))
    bench.server.change { $0.quirks = [:] }
    #expect(try await bench.pull().sums == ["transferred": 26])
    #expect(try bench.view().subjects == subjects(1...30))
  }

  @Test func `an empty message is a message, with flags and date`() async throws {
    let bench = try SourceBench { state in
      var empty = SourceServer.Message(uid: 1, body: [])
      empty.flags = ["\\Seen", "Key"]
      state.mailboxes["INBOX"] = .init(messages: [empty])
      state.quirks[1] = .givesNIL
    }
    #expect(try await bench.pull().sums == ["transferred": 1])
    let message = try #require(try bench.view().messages.first)
    #expect(message.body == [])
    #expect(message.flags == ["\\seen", "key"])
    #expect(message.date == 1_700_000_000)
  }

  @Test func `a missing internal date is told`() async throws {
    let bench = try SourceBench { state in
      var messages = SourceBench.messages(3)
      messages[1].date = nil
      state.mailboxes["INBOX"] = .init(messages: messages)
    }
    let report = try await bench.pull()
    #expect(report.exitStatus == .done)
    #expect(report.notices.map(\.kind) == [.datesNotKept])
    #expect(report.notices.first?.text.contains("1 message") == true)
    #expect(try bench.view().message("m2").date > 1_700_000_000)
  }

  @Test func `two accounts with equal UIDVALIDITY and UIDs do not mix, even in one directory`()
    async throws
  {
    let fill = { (text: String) in
      { (state: inout SourceServer.State) in
        for name in ["INBOX", "Same"] {
          state.mailboxes[name] = .init(messages: [
            .init(uid: 1, body: PullBench.message(text + name))
          ])
        }
      }
    }
    let shared = try TemporaryDirectory()
    let one = try SourceBench(user: "one", in: shared, fill("one"))
    let two = try SourceBench(user: "two", in: shared, fill("two"))
    #expect(try await one.pull().sums == ["transferred": 2])
    #expect(try await two.pull().sums == ["transferred": 2])
    // Somebody puts the mail of both together by hand.
    for message in try two.view().messages {
      try renameFile(
        shared.path + "/", "two/\(message.mailbox)/cur/\(message.file)",
        "one/\(message.mailbox)/cur/\(message.file)")
    }
    #expect(try await one.pull().sums == [:])
    #expect(
      try one.view().subjects == [
        "INBOX: oneINBOX", "INBOX: twoINBOX", "Same: oneSame", "Same: twoSame",
      ])
  }

  @Test func `a new UIDVALIDITY fetches only what header keys leave in doubt`() async throws {
    let bench = try SourceBench { state in
      var messages = SourceBench.messages(5)
      // Two different messages with one header key, and one without Message-ID.
      messages.append(.init(uid: 6, body: PullBench.message("m1") + Array("A\r\n".utf8)))
      messages.append(.init(uid: 7, body: PullBench.message("m1") + Array("B\r\n".utf8)))
      messages.append(.init(uid: 8, body: Array("Subject: bare\r\n\r\nx\r\n".utf8)))
      state.mailboxes["INBOX"] = .init(messages: messages)
    }
    #expect(try await bench.pull().sums == ["transferred": 8])
    let before = try bench.view().messages.map {
      [$0.subject, String(decoding: $0.body, as: UTF8.self)]
    }
    let bodies = bench.server.lines.count { $0.contains("BODY.PEEK[]") }
    bench.server.change { state in
      state.mailboxes["INBOX"]?.uidValidity = 2
      state.mailboxes["INBOX"]?.messages.reverse()
      for index in 0..<8 { state.mailboxes["INBOX"]?.messages[index].uid = UInt32(101 + index) }
      state.mailboxes["INBOX"]?.messages[0].flags = ["\\Flagged"]
    }
    #expect(try await bench.pull().sums == ["flags": 1])
    let after = try bench.view().messages
    #expect(
      Set(after.map { [$0.subject, String(decoding: $0.body, as: UTF8.self)] }) == Set(before))
    #expect(after.count == 8)
    #expect(after.allSatisfy { $0.file.contains(".V2U10") })
    let asked = bench.server.lines.filter { $0.contains("BODY.PEEK[]") }.dropFirst(bodies)
    // One command for the three that their keys don't tell apart.
    #expect(asked.count == 1)
    #expect(asked.first?.contains("UID FETCH 101:103 ") == true, "\(asked)")
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `a new UIDVALIDITY does not undo what was done by hand`() async throws {
    let bench = try SourceBench { state in
      state.mailboxes = ["INBOX": .init(messages: SourceBench.messages(6)), "Other": .init()]
    }
    try await bench.pull()
    // One is deleted and recorded so, one is deleted only now, one is moved, one is edited.
    func path(_ subject: String) throws -> String {
      "INBOX/cur/" + (try bench.view().message(subject).file)
    }
    try runSuccessfully("/bin/rm", [bench.archive + "/" + path("m1")])
    #expect(try await bench.pull().sums == ["deleted": 1])
    try runSuccessfully("/bin/rm", [bench.archive + "/" + path("m2")])
    let moved = try bench.view().message("m3").file
    try renameFile(bench.archive + "/", "INBOX/cur/" + moved, "Other/cur/" + moved)
    try writeFile(bench.archive + "/" + path("m4"), "Subject: edited\n\nby hand\n")
    bench.server.change { state in
      state.mailboxes["INBOX"]?.uidValidity = 2
      for index in 0..<6 { state.mailboxes["INBOX"]?.messages[index].uid = UInt32(50 + index) }
    }
    #expect(try await bench.pull().sums == ["deleted": 2])
    #expect(
      try bench.view().subjects == ["INBOX: edited", "INBOX: m5", "INBOX: m6", "Other: m3"])
    #expect(try await bench.pull().sums == ["deleted": 2])
    #expect(try bench.view().messages.count == 4)
  }

  @Test(arguments: ["IMAP4rev1 CONDSTORE", "IMAP4rev1 ENABLE CONDSTORE QRESYNC"])
  func `a HIGHESTMODSEQ that fell makes all flags be asked for`(_ capabilities: String) async throws
  {
    let bench = try SourceBench { state in
      state.capabilities = capabilities
      state.mailboxes["INBOX"] = .init(highestModSeq: 50, messages: SourceBench.messages(5))
    }
    try await bench.pull()
    bench.server.change { state in
      state.mailboxes["INBOX"]?.highestModSeq = 3
      state.mailboxes["INBOX"]?.messages[2].flags = ["\\Flagged"]
    }
    #expect(try await bench.pull().sums == ["flags": 1])
    #expect(try bench.view().message("m3").flags == ["\\flagged"])
    #expect(bench.server.lines.last { $0.contains("FETCH") }?.contains("CHANGEDSINCE") == false)
  }

  @Test(arguments: ["IMAP4rev1", "IMAP4rev1 CONDSTORE", "IMAP4rev1 ENABLE CONDSTORE QRESYNC"])
  func `changes arrive whatever the server can`(_ capabilities: String) async throws {
    let bench = try SourceBench { state in
      state.capabilities = capabilities
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(5))
      if capabilities != "IMAP4rev1" { state.mailboxes["INBOX"]?.highestModSeq = 50 }
    }
    #expect(try await bench.pull().sums == ["transferred": 5])
    bench.server.change { state in
      if capabilities != "IMAP4rev1" { state.mailboxes["INBOX"]?.highestModSeq = 60 }
      state.mailboxes["INBOX"]?.messages[1].flags = ["\\Flagged"]
      state.mailboxes["INBOX"]?.messages[1].modSeq = 55
      state.mailboxes["INBOX"]?.messages.remove(at: 3)
      state.mailboxes["INBOX"]?.vanished = [4, 77]
      state.mailboxes["INBOX"]?.messages.append(
        .init(uid: 9, body: PullBench.message("m9"), modSeq: 58))
    }
    #expect(try await bench.pull().sums == ["transferred": 1, "flags": 1, "gone": 1])
    #expect(try bench.view().subjects == subjects([1, 2, 3, 4, 5, 9]))
    #expect(try bench.view().message("m2").flags == ["\\flagged"])
    let third = try await bench.pull()
    #expect(third.sums == [:])
  }

  @Test func `a wrong password is tried once`() async throws {
    let bench = try SourceBench { state in
      state.refusesLogin = true
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(1))
    }
    #expect(try await bench.pull().exitStatus == .loginRefused)
    #expect(bench.server.lines.count { $0.contains("LOGIN") } == 1)
  }
}
