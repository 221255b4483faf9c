import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Mended copies of what a target refuses.
@Suite(.requiresDovecot) struct PushMendTests {
  private typealias Behaviour = FakeTarget.Behaviour

  private static let odd = [MendMail.colon, "", MendMail.nul]
  private static let all = [
    "a", "b", MendMail.colonMended, MendMail.emptyMended, "Subject: nul\r\n\r\na?b\r\n",
  ]

  private func server(
    _ capabilities: String = "UIDPLUS MULTIAPPEND LITERAL+ UNSELECT ESEARCH",
    _ change: (inout Behaviour) -> Void = { _ in }
  ) throws -> FakeTarget {
    try FakeTarget(capabilities) {
      $0.append = MendMail.refuse
      change(&$0)
    }
  }

  @Test(arguments: [
    "UIDPLUS MULTIAPPEND LITERAL+ UNSELECT ESEARCH", "UIDPLUS LITERAL+ UNSELECT",
    "MULTIAPPEND LITERAL+ UNSELECT", "", Behaviour.all,
  ])
  func `what was refused arrives mended, is named, and is not sent again`(
    _ capabilities: String
  ) async throws {
    let bench = try await PushBench.odd(Self.odd)
    let server = try server(capabilities)
    #expect(try await bench.push(to: server).pushed == ["transferred": 2, "failures": 3])
    let appends = server.appends
    let report = try await bench.mend(to: server)
    #expect(report.pushed == ["transferred": 3, "present": 2])
    #expect(report.exitStatus == .done)
    #expect(report.mended.count == 3)
    #expect(
      report.mended.contains {
        $0.hasPrefix(bench.archive + "/INBOX/cur/1600000001.odd:2, was refused")
          && $0.contains("(Message contains invalid header)")
          && $0.contains("1 line of the header that is no field became a field X-Mailarc-Mended")
      })
    #expect(report.mended.contains { $0.contains("1 NUL became 0x80") })
    #expect(server.texts().sorted() == Self.all.sorted())
    // What is known to be refused is not sent once more.
    #expect(server.appends - appends <= (capabilities.contains("MULTI") ? 1 : 3))
    let after = server.appends
    for mend in [false, true] {
      let again = try await bench.push(to: server) { $0.mend = mend }
      #expect(again.pushed == ["present": 5])
      #expect(again.notices == [])
    }
    #expect(server.appends == after)
  }

  @Test(arguments: [Behaviour.all, "UIDPLUS LITERAL+ UNSELECT", ""])
  func `in one run the message itself is sent first`(_ capabilities: String) async throws {
    let bench = try await PushBench.odd(Self.odd)
    let server = try server(capabilities)
    let report = try await bench.mend(to: server)
    #expect(report.pushed == ["transferred": 5])
    #expect(report.exitStatus == .done)
    #expect(report.mended.count == 3)
    #expect(server.texts().sorted() == Self.all.sorted())
    let appends = server.appends
    #expect(try await bench.push(to: server).pushed == ["present": 5])
    #expect(server.appends == appends)
  }

  @Test func `what the target takes is never changed`() async throws {
    let bench = try await PushBench.odd(Self.odd)
    let server = try server { $0.append = { _ in .store } }
    let report = try await bench.mend(to: server)
    #expect(report.pushed == ["transferred": 5])
    #expect(report.notices == [])
    #expect(server.messages().map(\.body).contains(Array(MendMail.colon.utf8)))
    #expect(server.messages().map(\.body).contains(Array(MendMail.nul.utf8)))
  }

  @Test func `NUL stays where the server takes it, in a message that is mended otherwise`()
    async throws
  {
    let text = "Subject: x\r\nno field\r\n\r\na\0b\rc\r\n"
    let bench = try await PushBench.odd([text])
    let server = try server(Behaviour.all) {
      $0.append = { append in
        append.messages.contains { MendMail.isOdd($0.body.filter { $0 != 0 }) }
          ? .say("NO bad header", keep: 0) : .store
      }
    }
    #expect(try await bench.mend(to: server).pushed == ["transferred": 3])
    let wanted = "Subject: x\r\nX-Mailarc-Mended: no field\r\n\r\na\0b\rc\r\n"
    #expect(server.messages().map(\.body).contains(Array(wanted.utf8)))
    #expect(try await bench.push(to: server).pushed == ["present": 3])
  }

  @Test func `what may be in the way is mended only if the first copy was refused as well`()
    async throws
  {
    let bench = try await PushBench.odd(["Subject: x\r\nno field\r\n\r\na\rb\r\n"])
    let server = try server {
      $0.append = { append in
        append.messages.contains { $0.body.count { $0 == 13 } > $0.body.count { $0 == 10 } }
          ? .say("NO bare newlines", keep: 0) : .store
      }
    }
    let report = try await bench.mend(to: server)
    #expect(report.pushed == ["transferred": 3])
    #expect(report.mended.map { $0.contains("1 bare CR was left out") } == [true])
    #expect(server.texts().contains("Subject: x\r\nX-Mailarc-Mended: no field\r\n\r\nab\r\n"))
    #expect(try await bench.push(to: server).pushed == ["present": 3])
  }

  @Test func `a mended copy that is refused as well is named, and not sent again by itself`()
    async throws
  {
    let bench = try await PushBench.odd([MendMail.colon])
    let server = try server {
      $0.append = { append in
        append.messages.contains { $0.subject == "colon" }
          ? .say(MendMail.isOdd(append.messages[0].body) ? "NO no" : "NO never", keep: 0) : .store
      }
    }
    let report = try await bench.mend(to: server)
    #expect(report.pushed == ["transferred": 2, "failures": 1])
    #expect(report.mended == [])
    #expect(report.failures.map { $0.reason.contains("a mended copy: never") } == [true])
    let appends = server.appends
    #expect(try await bench.mend(to: server).pushed == ["present": 2, "failures": 1])
    #expect(server.appends == appends)
    // Asked for, both are tried again.
    let again = try await bench.mend(to: server) { $0.retryRefused = true }
    #expect(again.pushed == ["present": 2, "failures": 1])
    #expect(server.appends == appends + 2)
    server.change { $0.append = { _ in .store } }
    _ = try await bench.mend(to: server) { $0.retryRefused = true }
    #expect(server.texts().sorted() == [MendMail.colon, "a", "b"])
  }

  @Test func `a server in trouble brands no message`() async throws {
    let bench = try await PushBench.odd(Array(repeating: MendMail.colon, count: 3) + [""])
    let server = try server { $0.append = { _ in .say("NO Internal error", keep: 0) } }
    let report = try await bench.mend(to: server)
    #expect(report.mailboxFailures.count == 1)
    #expect(server.appends < 60)
    server.change { $0.append = { _ in .store } }
    #expect(try await bench.push(to: server).pushed == ["transferred": 6])
    let texts = ["", "a", "b"] + Array(repeating: MendMail.colon, count: 3)
    #expect(server.texts().sorted() == texts.sorted())
  }

  @Test func `what the server says it has is not sent mended because it can't be found`()
    async throws
  {
    let bench = try await PushBench.odd([MendMail.colon])
    let server = try server("UNSELECT") {
      $0.append = { .say("OK done", keep: $0.messages[0].subject == "colon" ? 0 : 1) }
    }
    #expect(try await bench.mend(to: server).pushed == ["transferred": 2, "failures": 1])
    #expect(try await bench.mend(to: server).pushed == ["present": 2, "failures": 1])
    #expect(server.appends == 3)
  }

  @Test func `a mended copy has its flags and its date`() async throws {
    let bench = try PushBench()
    try bench.source.append("a", flags: ["Mine"])
    try await bench.pull()
    try bench.put(MendMail.colon, as: "1600000001.odd", flags: "FSa")
    let server = try server()
    let report = try await bench.mend(to: server)
    #expect(report.pushed == ["transferred": 2])
    #expect(report.notices.map(\.kind) == [.mended])
    let copy = server.messages().first { $0.subject == "colon" }
    #expect(copy?.flags.sorted() == ["Mine", "\\Flagged", "\\Seen"])
    #expect(copy?.date == "13-Sep-2020 12:26:40 +0000")
  }

  @Test(arguments: [-86_400 * 300, 32_503_680_000])
  func `a date that the server may not mean to take is left out`(_ date: Int) async throws {
    let bench = try await PushBench.odd([])
    try setModificationTime(bench.archive + "/INBOX/cur/1700000000.b:2,", date)
    let server = try server {
      $0.append = { append in
        append.messages.contains { $0.date?.contains("2020") == false }
          ? .say("NO cannot do that", keep: 0) : .store
      }
    }
    if date > 0 {
      #expect(try await bench.push(to: server).pushed == ["transferred": 1, "failures": 1])
    }
    let report = try await bench.mend(to: server)
    #expect(report.pushed["failures"] == nil)
    #expect(report.notices.map(\.kind) == [.datesNotKept])
    #expect(server.messages().map(\.date) == ["13-Sep-2020 12:26:40 +0000", nil])
  }

  @Test func `a dry run says what would be mended, and does nothing`() async throws {
    let bench = try await PushBench.odd([MendMail.colon, MendMail.nul])
    let server = try server()
    #expect(try await bench.push(to: server).pushed == ["transferred": 2, "failures": 2])
    let appends = server.appends
    let report = try await bench.mend(to: server) { $0.dryRun = true }
    #expect(report.pushed == ["transferred": 2, "present": 2])
    #expect(report.mended.count == 2)
    #expect(report.mended.allSatisfy { $0.contains("would be sent as a mended copy: 1 ") })
    #expect(server.appends == appends)
    #expect(try await bench.push(to: server).pushed == ["present": 2, "failures": 2])
  }
}
