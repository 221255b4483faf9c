import TestSupport
import Testing

@testable import Pipeline

/// Targets with limits and tastes of their own.
@Suite(.requiresDovecot) struct PushLimitTests {
  /// How often a message is among others.
  private static func copies(of body: [UInt8], in messages: [FakeTarget.Message]) -> Int {
    messages.count { $0.body == body }
  }

  /// A server that takes two of each and then says so.
  private func server(_ capabilities: String) throws -> FakeTarget {
    let server = try FakeTarget(capabilities)
    server.change {
      $0.append = { [weak server] append in
        let all = (server?.messages() ?? []) + append.messages
        let isTooMany = append.messages.contains { Self.copies(of: $0.body, in: all) > 2 }
        return isTooMany ? .say("NO [LIMIT] Too many identical emails", keep: 0) : .store
      }
    }
    return server
  }

  @Test(arguments: PushRefusalTests.offers)
  func `too many equal messages are named, and the others go on`(_ capabilities: String)
    async throws
  {
    let subjects = ["a"] + Array(repeating: "twin", count: 12) + ["b", "c"]
    let bench = try await PushBench.dropping(subjects)
    let server = try server(capabilities)
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["transferred": 5, "failures": 10])
    #expect(report.failures.allSatisfy { $0.reason.contains("Too many identical emails") })
    #expect(report.exitStatus == .findings)
    #expect(server.subjects().sorted() == ["a", "b", "c", "twin", "twin"])
    // They are not tried again, but named.
    let appends = server.appends
    #expect(appends < 40)
    #expect(try await bench.push(to: server).pushed == ["present": 5, "failures": 10])
    #expect(server.appends == appends)
    server.change { $0.append = { _ in .store } }
    let retried = try await bench.push(to: server) { $0.retryRefused = true }
    #expect(retried.pushed == ["transferred": 10, "present": 5])
  }

  @Test func `of equal messages alone the last ones are named as well`() async throws {
    let bench = try await PushBench.dropping(Array(repeating: "twin", count: 6))
    let server = try server(FakeTarget.Behaviour.all)
    #expect(try await bench.push(to: server).pushed == ["transferred": 2, "failures": 4])
    let appends = server.appends
    #expect(try await bench.push(to: server).pushed == ["present": 2, "failures": 4])
    #expect(server.appends == appends)
  }

  /// RFC 5530 speaks of the number of flags on a message, or in a mailbox.
  @Test func `a limit of keywords costs the keywords`() async throws {
    let bench = try PushBench()
    for (subject, flags) in [("plain", []), ("tagged", ["Mine"]), ("last", [])] {
      try bench.source.append(subject, flags: flags)
    }
    try await bench.pull()
    let server = try FakeTarget(FakeTarget.Behaviour.all) {
      $0.append = { append in
        append.messages.contains { $0.flags.contains("Mine") }
          ? .say("NO [LIMIT] too many keywords", keep: 0) : .store
      }
      $0.store = { $0.contains("Mine") ? "NO [LIMIT] too many keywords" : "OK" }
    }
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["transferred": 3])
    #expect(report.notices.map(\.kind) == [.flagsNotKept])
    #expect(server.subjects().sorted() == ["last", "plain", "tagged"])
  }

  @Test(arguments: PushRefusalTests.offers)
  func `a mailbox that is full brands no message`(_ capabilities: String) async throws {
    let subjects = (0..<20).map { "m\($0)" }
    let bench = try await PushBench.dropping(subjects)
    let server = try FakeTarget(capabilities)
    server.change {
      $0.append = { [weak server] append in
        (server?.messages().count ?? 0) + append.messages.count > 5
          ? .say("NO [LIMIT] mailbox full", keep: 0) : .store
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.mailboxFailures.map { $0.failure.summary.contains("mailbox full") } == [true])
    #expect(server.messages().count == 5)
    #expect(server.appends < 40)
    server.change { $0.append = { _ in .store } }
    let later = try await bench.push(to: server)
    #expect(later.pushed == ["transferred": 15, "present": 5])
    #expect(server.subjects().sorted() == subjects.sorted())
  }

  // MARK: Tastes

  @Test(arguments: ["UIDPLUS LITERAL+", "UIDPLUS MULTIAPPEND"])
  func `a server that takes no bare LF never sees one`(_ capabilities: String) async throws {
    let bench = try await PushBench.dropping(["a"])
    for (index, text) in [
      "Subject: b\n\nx\ny", "Subject: c\r\n\r\nx\r\n", "Subject: d\r\n\nx\n\r\n", "\n\n", "x\r\r\n",
    ].enumerated() {
      try writeFile("\(bench.archive)/INBOX/cur/170000000\(index).x:2,", text)
    }
    let server = try FakeTarget(capabilities) {
      $0.append = { append in
        let hasBare = append.messages.contains { message in
          message.body.indices.contains { place in
            message.body[place] == 10 && (place == 0 || message.body[place - 1] != 13)
          }
        }
        return hasBare ? .say("NO Message contains bare newlines", keep: 0) : .store
      }
    }
    #expect(try await bench.push(to: server).pushed == ["transferred": 6])
    #expect(try await bench.push(to: server).pushed == ["present": 6])
  }

  @Test(arguments: ["UIDPLUS LITERAL+", "UIDPLUS MULTIAPPEND", "UIDPLUS MULTIAPPEND LITERAL+"])
  func `a message that a server does not take for its NUL is named, and the others go on`(
    _ capabilities: String
  ) async throws {
    let bench = try await PushBench.dropping(["a", "b"])
    try writeBytes(
      bench.archive + "/INBOX/cur/1600000000.n:2,", Array("Subject: nul\n\na\0b\n".utf8))
    let server = try FakeTarget(capabilities) {
      $0.append = { append in
        append.messages.contains { $0.body.contains(0) }
          ? .say("NO Message contains NUL characters", keep: 0) : .store
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["transferred": 2, "failures": 1])
    #expect(report.failures.first?.reason.contains("NUL") == true)
    #expect(report.exitStatus == .findings)
    let appends = server.appends
    #expect(try await bench.push(to: server).pushed == ["present": 2, "failures": 1])
    #expect(server.appends == appends)
  }

  /// As one server does: UID and UIDVALIDITY have changed places.
  @Test func `an APPENDUID whose fields are swapped is found out by looking`() async throws {
    let bench = try await PushBench.dropping(["a", "b", "c"])
    let server = try FakeTarget("UIDPLUS LITERAL+ UNSELECT")
    server.change {
      $0.append = { [weak server] _ in
        .storeSaying(code: "APPENDUID \(server?["INBOX"]?.uidNext ?? 0) 7")
      }
    }
    #expect(try await bench.push(to: server).pushed == ["transferred": 3])
    try bench.flag("b", "F")
    #expect(try await bench.push(to: server).pushed == ["present": 3, "flags": 1])
    #expect(server.messages().map(\.flags) == [[], ["\\Flagged"], []])
    #expect(server.subjects() == ["a", "b", "c"])
  }

  @Test(arguments: [FakeTarget.Behaviour.all, FakeTarget.Behaviour.noExtras])
  func `a server whose UIDs are others each time costs time, and nothing comes twice`(
    _ capabilities: String
  ) async throws {
    let subjects = (0..<24).map { "m\($0 % 23)" }
    let bench = try await PushBench.dropping(subjects)
    let server = try FakeTarget(capabilities)
    #expect(try await bench.push(to: server).pushed == ["transferred": 24])
    for round in UInt32(1)...2 {
      for index in 0..<24 { server["INBOX"]?.messages[index].uid = round * 100 + UInt32(index) }
      server["INBOX"]?.uidNext = round * 100 + 24
      let report = try await bench.push(to: server)
      #expect(report.pushed == ["present": 24])
      #expect(report.notices == [])
      #expect(server.subjects() == subjects)
    }
  }
}
