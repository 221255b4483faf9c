import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Servers that say goodbye, go away, fall silent or refuse a mailbox in the middle of a pull.
@Suite struct PullBreakingOffTests {
  @Test func `BYE between two messages costs a connection, and nothing else`() async throws {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(12))
      state.quirks = [3: .saysBye, 9: .saysBye]
      state.quirkCount = 2
    }
    let report = try await bench.pull()
    #expect(report.sums == ["transferred": 12])
    #expect(report.exitStatus == .done)
    #expect(bench.server.change { $0.connections } == 3)
    #expect(try bench.view().messages.count == 12)
    #expect(try await bench.pull().sums == [:])
  }

  /// In the greeting, in a tagged line, in a literal, between them.
  @Test func `a connection that ends after any number of octets`() async throws {
    let all = try SourceBench { state in
      for name in ["INBOX", "Other"] {
        state.mailboxes[name] = .init(messages: SourceBench.messages(2))
      }
    }
    let whole = try RecordingProxy(to: all.server.port)
    #expect(try await all.pull(port: whole.port).sums == ["transferred": 4])
    let octets = try #require(whole.recordings.first).fromServer.count
    #expect(octets > 1000)
    for place in stride(from: 0, to: octets, by: 29) {
      let bench = try SourceBench(sharing: all, archive: "cut\(place)")
      let proxy = try RecordingProxy(to: all.server.port)
      proxy.cut(connection: 1, .afterServerOctets(place))
      let report = try await bench.pull(port: proxy.port)
      #expect(report.sums == ["transferred": 4], "after \(place)")
      #expect(try bench.view().messages.count == 4, "after \(place)")
      #expect(proxy.recordings.first?.wasCut == true)
      proxy.stop()
    }
  }

  @Test(arguments: [
    "NO none", "NO [NONEXISTENT] it is gone", "NO [NOPERM] it is not yours", "NO [INUSE] later",
    "NO [UNAVAILABLE] later", "NO [SERVERBUG] index broken", "BAD what",
  ])
  func `a mailbox that can't be opened is listed, and the others go on`(_ words: String)
    async throws
  {
    let bench = try SourceBench { state in
      for name in ["A", "B", "INBOX"] {
        state.mailboxes[name] = .init(messages: SourceBench.messages(2))
      }
      state.refusal = words
      state.refusesExamine = ["B"]
    }
    func fails() async throws -> RunReport {
      let report = try await bench.pull()
      #expect(report.mailboxFailures.map(\.mailbox.description) == ["B"])
      let said = words.split(separator: " ").last.map { String($0) } ?? ""
      #expect(report.mailboxFailures.first?.failure.summary.contains(said) == true)
      #expect(report.exitStatus == .findings)
      return report
    }
    #expect(try await fails().sums == ["transferred": 4, "mailboxFailures": 1])
    bench.server.change { $0.refusesExamine = [] }
    #expect(try await bench.pull().sums == ["transferred": 2])
    // Nothing of what is there already is taken for gone.
    bench.server.change { state in
      state.refusesExamine = ["B"]
      for name in ["A", "B", "INBOX"] {
        state.mailboxes[name]?.messages += SourceBench.messages(1, from: 3)
      }
    }
    #expect(try await fails().sums == ["transferred": 2, "mailboxFailures": 1])
    #expect(try bench.view().messages.count == 8)
    bench.server.change { $0.refusesExamine = [] }
    #expect(try await bench.pull().sums == ["transferred": 1])
  }

  @Test func `a slow server that is never silent for long is heard to the end`() async throws {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(2))
      // More in all than the time for which a server may be silent.
      state.pieces = (octets: 1, microseconds: 2000)
    }
    let report = try await bench.pull(timeout: 1)
    #expect(report.sums == ["transferred": 2])
    #expect(report.exitStatus == .done)
    #expect(bench.server.change { $0.connections } == 1)
  }

  @Test func `a server that falls silent in a message is left, and asked again`() async throws {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(5))
      state.quirks[3] = .stalls
      state.quirkCount = 1
    }
    let report = try await bench.pull(timeout: 1)
    #expect(report.sums == ["transferred": 5])
    #expect(report.exitStatus == .done)
    #expect(bench.server.change { $0.connections } == 2)
    #expect(try bench.view().messages.count == 5)
    #expect(try await bench.pull().sums == [:])
  }
}
