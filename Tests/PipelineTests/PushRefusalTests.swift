import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Servers that refuse, forget, merge, stay silent or go away in the middle of it.
@Suite(.requiresDovecot) struct PushRefusalTests {
  private typealias Behaviour = FakeTarget.Behaviour

  /// An archive with these messages, and a server to push it into.
  private func bench(
    _ subjects: [String], _ capabilities: String = FakeTarget.Behaviour.all,
    _ change: (inout FakeTarget.Behaviour) -> Void = { _ in }
  ) async throws -> (PushBench, FakeTarget) {
    (try await PushBench.holding(subjects), try FakeTarget(capabilities, change))
  }

  private func push(
    _ bench: PushBench, _ server: FakeTarget, _ change: (inout PushBench.Options) -> Void = { _ in }
  ) async throws -> RunReport {
    try await bench.push {
      $0.port = server.port
      $0.connections = 1
      $0.settleSeconds = 0.05
      change(&$0)
    }
  }

  // MARK: Twins and UIDs

  static let offers = [
    FakeTarget.Behaviour.all, "UIDPLUS LITERAL+ " + FakeTarget.Behaviour.noExtras,
    "MULTIAPPEND LITERAL+ " + FakeTarget.Behaviour.noExtras,
    "MULTIAPPEND " + FakeTarget.Behaviour.noExtras, FakeTarget.Behaviour.noExtras, "",
  ]

  @Test(arguments: offers)
  func `twins within a batch stay two`(_ capabilities: String) async throws {
    let (bench, server) = try await bench(["twin", "a", "twin", "b"], capabilities)
    #expect(try await push(bench, server).pushed == ["transferred": 4])
    #expect(server.subjects() == ["twin", "a", "twin", "b"])
    #expect(try await push(bench, server).pushed == ["present": 4])
    #expect(server.messages().count == 4)
    // Each is bound to a UID of its own: the later one gets its flag, and only that one.
    try bench.flag("b", "F")
    #expect(try await push(bench, server).pushed == ["present": 4, "flags": 1])
    #expect(server.messages().map(\.flags) == [[], [], [], ["\\Flagged"]])
  }

  @Test(arguments: [true, false])
  func `a server that merges twins is reported, and not sent them again`(_ multi: Bool) async throws
  {
    let (bench, server) = try await bench(
      ["twin", "a", "twin"], multi ? Behaviour.all : "UIDPLUS LITERAL+ " + Behaviour.noExtras
    ) { $0.append = { _ in .collapse } }
    let report = try await push(bench, server)
    #expect(report.pushed == ["transferred": 3, "collapsed": 1])
    #expect(report.exitStatus == .findings)
    #expect(server.subjects() == ["twin", "a"])
    let appends = server.appends
    let again = try await push(bench, server)
    #expect(again.pushed["transferred"] == nil)
    #expect(again.pushed["gone"] == nil)
    #expect(server.appends == appends)
  }

  @Test(arguments: [
    "", "APPENDUID 7 1", "APPENDUID 7 1:400", "APPENDUID 9 1:2", "APPENDUID 9 1:4",
    // As many as there are messages: swapped, or one more than once.
    "APPENDUID 7 2,1,4,3", "APPENDUID 7 1,3,2,4", "APPENDUID 7 1,1,2,3", "APPENDUID 7 1,1,1,1",
    "APPENDUID 7 1:2,2,4",
  ])
  func `an APPENDUID that is missing or wrong is found out by looking`(_ code: String) async throws
  {
    let subjects = ["twin", "a", "b", "twin"]
    let (bench, server) = try await bench(subjects) {
      $0.append = { _ in .storeSaying(code: code) }
    }
    #expect(try await push(bench, server).pushed == ["transferred": 4])
    try bench.flag("b", "F")
    #expect(try await push(bench, server).pushed == ["present": 4, "flags": 1])
    #expect(server.messages().map(\.flags) == [[], [], ["\\Flagged"], []])
    #expect(server.subjects() == subjects)
  }

  @Test func `APPENDUID missing in one of several batches under way`() async throws {
    let bench = try PushBench()
    try await bench.pull()
    for index in 0..<450 { try bench.drop("m\(index % 400)", as: "\(1_600_000_000 + index).x") }
    let server = try FakeTarget(Behaviour.all) {
      $0.append = { $0.number == 1 ? .storeSaying(code: "") : .store }
    }
    let report = try await push(bench, server)
    #expect(report.pushed == ["transferred": 450])
    #expect(report.notices == [])
    #expect(server.subjects() == (0..<450).map { "m\($0 % 400)" })
    #expect(try await push(bench, server).pushed == ["present": 450])
  }

  // MARK: Refused

  @Test(arguments: [0, 1, 3], [FakeTarget.Behaviour.all, "MULTIAPPEND LITERAL+"])
  func `one bad message of a batch is found, named, and not tried again`(
    _ keep: Int, _ capabilities: String
  ) async throws {
    let subjects = (0..<9).map { "m\($0)" }
    let (bench, server) = try await bench(subjects, capabilities) {
      $0.append = { append in
        guard let bad = append.messages.firstIndex(where: { $0.subject == "m5" }) else {
          return .store
        }
        return .say("NO invalid header in message", keep: min(keep, bad))
      }
    }
    let report = try await push(bench, server)
    #expect(report.failures.count == 1)
    #expect(report.failures.first?.reason.contains("invalid header in message") == true)
    #expect(report.failures.first?.file == (try bench.file("m5")))
    #expect(report.exitStatus == .findings)
    #expect(server.subjects().sorted() == subjects.filter { $0 != "m5" })
    let appends = server.appends
    let again = try await push(bench, server)
    #expect(again.pushed == ["present": 8, "failures": 1])
    #expect(again.exitStatus == .findings)
    #expect(server.appends == appends)
    let retried = try await push(bench, server) { $0.retryRefused = true }
    #expect(retried.pushed == ["present": 8, "failures": 1])
    #expect(server.appends == appends + 1)
    server.change { $0.append = { _ in .store } }
    #expect(
      try await push(bench, server) { $0.retryRefused = true }.pushed
        == ["transferred": 1, "present": 8])
    #expect(server.subjects().sorted() == subjects)
  }

  @Test func `what a refused batch left behind counts though a later batch came through`()
    async throws
  {
    let bench = try PushBench()
    try await bench.pull()
    for index in 0..<400 { try bench.drop("m\(index)", as: "\(1_600_000_000 + index).x") }
    // The first of two batches under way is refused, after half of it was stored.
    let server = try FakeTarget(Behaviour.all) {
      $0.append = { $0.number == 1 ? .say("NO something", keep: 100) : .store }
    }
    #expect(try await push(bench, server).pushed == ["transferred": 400])
    #expect(server.subjects().sorted() == (0..<400).map { "m\($0)" }.sorted())
    #expect(try await push(bench, server).pushed == ["present": 400])
  }

  @Test(arguments: [("OVERQUOTA", FailureCause.overQuota), ("NOPERM", .refused)])
  func `what concerns the mailbox stops it, and the next run goes on`(
    _ code: String, _ cause: FailureCause
  ) async throws {
    let subjects = (0..<6).map { "m\($0)" }
    let (bench, server) = try await bench(subjects) {
      $0.append = { _ in .say("NO [\(code)] no room here", keep: 2) }
    }
    let report = try await push(bench, server)
    #expect(report.mailboxFailures.map(\.failure.cause) == [cause])
    #expect(report.mailboxFailures.first?.failure.summary.contains("no room here") == true)
    #expect(report.failures == [])
    #expect(server.appends == 1)
    server.change { $0.append = { _ in .store } }
    #expect(try await push(bench, server).pushed["transferred"] == 4)
    #expect(server.subjects() == subjects)
  }

  /// A limit may be one message's: which is found out first.
  @Test(arguments: [("UNAVAILABLE", 3), ("LIMIT", 4), ("INUSE", 3)])
  func `what passes is waited for`(_ code: String, _ appends: Int) async throws {
    let (bench, server) = try await bench(["a", "b", "c"]) {
      $0.append = { $0.number <= 2 ? .say("NO [\(code)] later", keep: 0) : .store }
    }
    #expect(try await push(bench, server).pushed == ["transferred": 3])
    #expect(server.subjects() == ["a", "b", "c"])
    #expect(server.appends == appends)
  }

  @Test func `what does not pass stops the mailbox in the end`() async throws {
    let (bench, server) = try await bench(["a", "b"]) {
      $0.append = { _ in .say("NO [UNAVAILABLE] later", keep: 0) }
    }
    let report = try await push(bench, server)
    #expect(report.mailboxFailures.map(\.failure.retryable) == [true])
    #expect(server.appends == 5)
  }

  @Test(arguments: ["NO", "BAD"])
  func `refused keywords are left out and reported`(_ status: String) async throws {
    let bench = try PushBench()
    try bench.source.append("plain", flags: ["\\Seen"])
    try bench.source.append("tagged", flags: ["\\Seen", "Mine"])
    try await bench.pull()
    let server = try FakeTarget("") {
      $0.append = { append in
        append.messages.contains { $0.flags.contains("Mine") }
          ? .say("\(status) no keywords here", keep: 0) : .store
      }
      $0.store = { $0.contains("Mine") ? "\(status) no keywords here" : "OK" }
    }
    let report = try await push(bench, server)
    #expect(report.pushed == ["transferred": 2])
    #expect(report.notices.map(\.kind) == [.flagsNotKept])
    #expect(server.messages().map(\.flags) == [["\\Seen"], ["\\Seen"]])
    let again = try await push(bench, server)
    #expect(again.pushed == ["present": 2])
    #expect(again.mailboxFailures == [])
  }

  @Test func `a refused date is left out and reported`() async throws {
    let (bench, server) = try await bench(["a", "b"]) {
      $0.append = { append in
        append.messages.contains { $0.date != nil } ? .say("NO bad date", keep: 0) : .store
      }
    }
    let report = try await push(bench, server)
    #expect(report.pushed == ["transferred": 2])
    #expect(report.notices.map(\.kind) == [.datesNotKept, .datesNotKept])
    #expect(server.subjects() == ["a", "b"])
  }

  @Test func `keywords that the mailbox does not keep are reported, and never taken away`()
    async throws
  {
    let bench = try PushBench()
    try bench.source.append("tagged", flags: ["\\Seen", "Mine"])
    try await bench.pull()
    let server = try FakeTarget(Behaviour.all)
    #expect(try await push(bench, server).notices == [])
    #expect(server.messages().map { $0.flags.sorted() } == [["Mine", "\\Seen"]])
    server.change { $0.permanentFlags = #"(\Seen)"# }
    let report = try await push(bench, server) { $0.full = true }
    #expect(report.notices.map(\.kind) == [.flagsNotKept])
    #expect(report.notices.first?.text.contains("Mine") == true)
    #expect(server.messages().map { $0.flags.sorted() } == [["Mine", "\\Seen"]])
    #expect(!server.lines.contains { $0.contains("STORE") })
  }

  @Test func `a mailbox that is not there at APPEND is made once`() async throws {
    let (bench, server) = try await bench(["a", "b"]) {
      $0.append = { $0.number == 1 ? .say("NO [TRYCREATE] make it first", keep: 0) : .store }
    }
    #expect(try await push(bench, server).pushed == ["transferred": 2])
    #expect(server.subjects() == ["a", "b"])
    #expect(server.lines.count { $0.contains(" CREATE ") } == 1)
  }

  @Test func `a message that is answered with TRYCREATE always is named, and the rest goes on`()
    async throws
  {
    let (bench, server) = try await bench(["a", "b", "c"]) {
      $0.append = { append in
        append.messages.contains { $0.subject == "b" }
          ? .say("NO [TRYCREATE] misleading", keep: 0) : .store
      }
    }
    let report = try await push(bench, server)
    #expect(report.failures.map(\.reason).first?.contains("misleading") == true)
    #expect(report.mailboxFailures == [])
    #expect(server.subjects() == ["a", "c"])
  }

  @Test(arguments: ["MULTIAPPEND UIDPLUS", "UIDPLUS", "LITERAL- UIDPLUS"])
  func `a synchronising literal that is refused is one message's refusal`(_ capabilities: String)
    async throws
  {
    let bench = try await PushBench.holding(["a", "b"])
    try bench.source.plain.append(MailboxFixture.ordinary[1].body, to: "INBOX")
    try await bench.pull()
    let server = try FakeTarget(capabilities + " UNSELECT ESEARCH") {
      $0.literal = { $0 > 4096 ? "NO [TOOBIG] too much" : nil }
    }
    let report = try await push(bench, server)
    #expect(report.failures.map(\.reason).map { $0.contains("too much") } == [true])
    #expect(server.subjects() == ["a", "b"])
    #expect(try await push(bench, server).pushed == ["present": 2, "failures": 1])
  }

  @Test(arguments: offers)
  func `a server in trouble brands no message`(_ capabilities: String) async throws {
    let subjects = (0..<40).map { "m\($0)" }
    let (bench, server) = try await bench(subjects, capabilities) {
      $0.append = { append in
        append.number < 3 && append.messages.count == 1
          ? .store : .say("NO Internal error, disk full", keep: 0)
      }
    }
    let report = try await push(bench, server)
    #expect(report.mailboxFailures.map { $0.failure.summary.contains("disk full") } == [true])
    #expect(report.failures.count < 6)
    #expect(server.appends < 60)
    server.change { $0.append = { _ in .store } }
    let later = try await push(bench, server)
    #expect(later.failures == [])
    #expect(later.exitStatus == .done)
    #expect(server.subjects().sorted() == subjects.sorted())
  }

  @Test(arguments: offers)
  func `bad messages side by side do not stop the good ones`(_ capabilities: String) async throws {
    let subjects = (0..<16).map { "m\($0)" }
    let bad: Set = ["m5", "m6", "m7", "m8", "m9"]
    let (bench, server) = try await bench(subjects, capabilities) {
      $0.append = { append in
        append.messages.contains { bad.contains($0.subject) }
          ? .say("NO invalid header in message", keep: 0) : .store
      }
    }
    let report = try await push(bench, server)
    #expect(report.mailboxFailures == [])
    #expect(report.failures.count == bad.count)
    #expect(server.subjects().sorted() == subjects.filter { !bad.contains($0) }.sorted())
    let appends = server.appends
    #expect(try await push(bench, server).pushed == ["present": 11, "failures": 5])
    #expect(server.appends == appends)
  }

  @Test(arguments: ["MULTIAPPEND LITERAL+", ""])
  func `what a server took and does not show is named, and not sent again blindly`(
    _ capabilities: String
  ) async throws {
    let (bench, server) = try await bench(["a", "b"], capabilities) {
      $0.append = { .say("OK done", keep: $0.messages.last?.subject == "b" ? 0 : 1) }
    }
    let whole = capabilities.contains("MULTIAPPEND")
    let report = try await push(bench, server)
    let lost = whole ? 2 : 1
    #expect(report.failures.count == lost)
    #expect(report.failures.allSatisfy { $0.reason == PushReporter.unseen })
    #expect(report.pushed["transferred"] == (whole ? nil : 1))
    let appends = server.appends
    #expect(try await push(bench, server).failures.count == lost)
    #expect(server.appends == appends)
    // It comes to light after all.
    put(["b"], on: server)
    let later = try await push(bench, server)
    #expect(later.failures.count == lost - 1)
    #expect(later.notices == [])
    #expect(server.appends == appends)
  }

  private func put(_ subjects: [String], on server: FakeTarget) {
    _ = server.store(
      subjects.map { FakeTarget.Message(uid: 0, flags: [], body: PullBench.message($0)) },
      in: "INBOX", collapsing: false)
  }

  @Test func `special uses are created where the server can`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Sent")
    try bench.source.append("sent", to: "Sent")
    try await bench.pull()
    let server = try FakeTarget(Behaviour.all)
    #expect(try await push(bench, server).pushed == ["transferred": 1])
    #expect(server["Sent"]?.use == "\\Sent")
    #expect(server.subjects("Sent") == ["sent"])
  }

  @Test func `what is larger than the server takes is not sent at all`() async throws {
    let bench = try await PushBench.holding(["a", "b"])
    try bench.source.plain.append(MailboxFixture.ordinary[1].body, to: "INBOX")
    try await bench.pull()
    let server = try FakeTarget(Behaviour.all + " APPENDLIMIT=5000")
    let report = try await push(bench, server)
    #expect(report.failures.map { $0.reason.contains("APPENDLIMIT") } == [true])
    #expect(report.pushed == ["transferred": 2, "failures": 1])
    #expect(server.appends == 1)
    #expect(server.messages().allSatisfy { $0.body.count < 5000 })
    #expect(try await push(bench, server).pushed == ["present": 2, "failures": 1])
  }

  @Test(arguments: [true, false])
  func `NUL goes as a literal8 where the server takes that`(_ takes: Bool) async throws {
    let bench = try PushBench()
    try await bench.pull()
    try writeBytes(
      bench.archive + "/INBOX/cur/1600000000.x:2,", Array("Subject: nul\n\na\0b\n".utf8))
    let server = try FakeTarget("UIDPLUS LITERAL+" + (takes ? " BINARY" : ""))
    #expect(try await push(bench, server).pushed == ["transferred": 1])
    #expect(server.lines.contains { $0.contains(" ~{") } == takes)
    #expect(server.messages().map(\.body) == [Array("Subject: nul\r\n\r\na\0b\r\n".utf8)])
  }
}
