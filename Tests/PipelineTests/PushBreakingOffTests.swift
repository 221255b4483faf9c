import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Targets that go away, fall silent or refuse a mailbox in the middle of a push.
@Suite(.requiresDovecot) struct PushBreakingOffTests {
  private static let subjects = ["twin", "a", "twin", "b"]

  /// In the greeting, in a tagged line, in a literal of a FETCH, between them.
  @Test(arguments: [FakeTarget.Behaviour.all, "UNSELECT"])
  func `a connection that ends after any number of the server's octets`(_ capabilities: String)
    async throws
  {
    let bench = try await PushBench.dropping(Self.subjects)
    func push(_ server: FakeTarget, cut place: Int?) async throws -> Int {
      let proxy = try RecordingProxy(to: server.port)
      if let place { proxy.cut(connection: 1, .afterServerOctets(place)) }
      // To the index each of the servers is the same one.
      try runSuccessfully("/bin/rm", ["-rf", bench.archive + "/.mailarc/push"])
      let report = try await bench.push {
        $0.port = proxy.port
        $0.connections = 1
        $0.settleSeconds = 0.02
      }
      #expect(report.exitStatus == .done, "after \(place ?? 0): \(report)")
      #expect(server.subjects().sorted() == Self.subjects.sorted(), "after \(place ?? 0)")
      proxy.stop()
      return proxy.recordings.first?.fromServer.count ?? 0
    }
    let octets = try await push(try FakeTarget(capabilities), cut: nil)
    #expect(octets > 300)
    for place in stride(from: 0, to: octets, by: max(17, octets / 25)) {
      let server = try FakeTarget(capabilities)
      _ = try await push(server, cut: place)
      #expect(try await bench.push(to: server).pushed == ["present": 4], "after \(place)")
    }
  }

  // MARK: Mailboxes

  /// An archive with a message in each of these mailboxes.
  private func bench() async throws -> PushBench {
    let bench = try PushBench()
    for name in ["A", "B", "C"] {
      try bench.source.plain.create(name)
      try bench.source.append("in " + name, to: name)
    }
    try await bench.pull()
    return bench
  }

  @Test(
    arguments: ["CREATE", "SELECT"],
    [
      "NO none", "NO [NOPERM] never", "NO [CANNOT] never", "NO [UNAVAILABLE] later",
      "NO [LIMIT] enough", "BAD what",
    ])
  func `a mailbox that is refused is listed, and the others go on`(
    _ command: String, _ words: String
  ) async throws {
    let bench = try await bench()
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    if command == "SELECT" { server["B"] = FakeTarget.Mailbox() }
    server.change { $0.refuse = { $0 == command && $1 == "B" ? words : nil } }
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["transferred": 2, "mailboxFailures": 1])
    #expect(report.mailboxFailures.map(\.mailbox.description) == ["B"])
    #expect(report.mailboxFailures.first?.failure.summary.contains(command) == true)
    #expect(report.exitStatus == .findings)
    #expect(server.subjects("A") == ["in A"] && server.subjects("C") == ["in C"])
    server.change { $0.refuse = { _, _ in nil } }
    #expect(try await bench.push(to: server).pushed == ["transferred": 1, "present": 2])
    #expect(server.subjects("B") == ["in B"])
  }

  @Test func `STATUS that is refused is done without`() async throws {
    let bench = try await bench()
    let server = try FakeTarget(FakeTarget.Behaviour.all) {
      $0.refuse = { command, _ in command == "STATUS" ? "NO not now" : nil }
    }
    #expect(try await bench.push(to: server).pushed == ["transferred": 3])
    #expect(try await bench.push(to: server).pushed == ["present": 3])
  }

  @Test func `a mailbox that is gone when it is opened is listed, or made by the next run`()
    async throws
  {
    let bench = try await bench()
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    server["B"] = FakeTarget.Mailbox()
    server.change {
      $0.refuse = { [weak server] command, name in
        if command == "SELECT", name == "B", server?["B"]?.uidValidity == 7 { server?["B"] = nil }
        return nil
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.mailboxFailures.map(\.mailbox.description) == ["B"])
    #expect(report.exitStatus == .findings)
    #expect(server.subjects("A") == ["in A"] && server.subjects("C") == ["in C"])
    server.change { $0.refuse = { _, _ in nil } }
    #expect(try await bench.push(to: server).exitStatus == .done)
    #expect(server.subjects("B") == ["in B"])
  }

  /// As Cyrus has it where another connection made a mailbox inside this one meanwhile.
  @Test func `a mailbox that is there by now is no failure, whatever CREATE says`() async throws {
    let bench = try await bench()
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    server.change {
      $0.refuse = { [weak server] command, name in
        guard command == "CREATE", name == "B" else { return nil }
        server?["B"] = FakeTarget.Mailbox()
        return "NO Mailbox already exists"
      }
    }
    #expect(try await bench.push(to: server).pushed == ["transferred": 3])
    #expect(server.subjects("B") == ["in B"])
  }

  // MARK: Time

  @Test func `a slow server that is never silent for long is heard to the end`() async throws {
    let bench = try await PushBench.dropping(["a", "b"])
    // More in all than the time for which a server may be silent.
    let server = try FakeTarget("UIDPLUS UNSELECT") { $0.pieces = (octets: 1, microseconds: 2500) }
    let report = try await bench.push(to: server) { $0.timeout = 1 }
    #expect(report.pushed == ["transferred": 2])
    #expect(server.connections == 1)
    #expect(server.subjects() == ["a", "b"])
  }

  @Test(arguments: [0, 2, 4])
  func `a server that never answers is left, and nothing comes twice`(_ keep: Int) async throws {
    let bench = try await PushBench.dropping(Self.subjects)
    let server = try FakeTarget(FakeTarget.Behaviour.all) {
      $0.append = { $0.number == 1 ? .stall(keep: keep) : .store }
    }
    let report = try await bench.push(to: server) { $0.timeout = 1 }
    #expect(report.exitStatus == .done)
    #expect(server.subjects().sorted() == Self.subjects.sorted())
    #expect(server.connections == 2)
    #expect(try await bench.push(to: server).pushed == ["present": 4])
  }
}
