import TestSupport
import Testing

@testable import Pipeline

/// When a mailbox whose status shows no change is looked into all the same.
@Suite struct PullPassOverTests {
  /// Without modification sequences every mailbox is looked into anyway.
  static let capabilities = ["IMAP4rev1 CONDSTORE", "IMAP4rev1 ENABLE CONDSTORE QRESYNC"]

  private func bench(_ capabilities: String = "IMAP4rev1 CONDSTORE") throws -> SourceBench {
    try SourceBench { state in
      state.capabilities = capabilities
      state.mailboxes["INBOX"] = .init(highestModSeq: 5, messages: SourceBench.messages(3))
    }
  }

  private func wasPassedOver(_ report: RunReport) -> Bool? { report.mailboxes.first?.skipped }

  @Test(arguments: capabilities)
  func `one in which a message failed, until the message came`(_ capabilities: String) async throws
  {
    let bench = try bench(capabilities)
    bench.server.change { $0.quirks[2] = .leavesOut }
    for sums in [["transferred": 2, "failures": 1], ["failures": 1], ["failures": 1]] {
      let report = try await bench.pull()
      #expect(report.sums == sums)
      #expect(wasPassedOver(report) == false)
    }
    bench.server.change { $0.quirks = [:] }
    #expect(try await bench.pull().sums == ["transferred": 1])
    #expect(try bench.view().subjects == ["INBOX: m1", "INBOX: m2", "INBOX: m3"])
    #expect(wasPassedOver(try await bench.pull()) == true)
  }

  @Test(arguments: capabilities)
  func `one in which something happened while its messages were fetched`(
    _ capabilities: String
  ) async throws {
    let bench = try bench(capabilities)
    bench.server.change { state in
      state.duringFetch = { state in
        state.mailboxes["INBOX"]?.highestModSeq = 8
        state.mailboxes["INBOX"]?.uidNext = 1001
        state.mailboxes["INBOX"]?.messages[0].flags = ["\\Flagged"]
        state.mailboxes["INBOX"]?.messages[0].modSeq = 7
        state.mailboxes["INBOX"]?.messages.append(
          .init(uid: 1000, body: PullBench.message("new"), modSeq: 8))
        return "* 4 EXISTS\r\n* 1 FETCH (UID 1 FLAGS (\\Flagged) MODSEQ (7))\r\n"
      }
    }
    #expect(try await bench.pull().sums == ["transferred": 3])
    #expect(try await bench.pull().sums == ["transferred": 1, "flags": 1])
    #expect(try bench.view().subjects == ["INBOX: m1", "INBOX: m2", "INBOX: m3", "INBOX: new"])
    #expect(try bench.view().message("m1").flags == ["\\flagged"])
    #expect(wasPassedOver(try await bench.pull()) == true)
  }

  enum Status: CaseIterable {
    case refused, leftOutOfLIST
    case lacksMESSAGES, lacksUIDNEXT, lacksUIDVALIDITY, lacksHIGHESTMODSEQ
  }

  @Test(arguments: Status.allCases)
  func `one of which no whole status came`(_ status: Status) async throws {
    let bench = try bench()
    try await bench.pull()
    #expect(wasPassedOver(try await bench.pull()) == true)
    bench.server.change { state in
      switch status {
      case .refused: state.refusesStatus = ["INBOX"]
      case .leftOutOfLIST: state.capabilities += " LIST-EXTENDED LIST-STATUS"
      case .lacksMESSAGES: state.statusLacks = "MESSAGES"
      case .lacksUIDNEXT: state.statusLacks = "UIDNEXT"
      case .lacksUIDVALIDITY: state.statusLacks = "UIDVALIDITY"
      case .lacksHIGHESTMODSEQ: state.statusLacks = "HIGHESTMODSEQ"
      }
    }
    let unchanged = try await bench.pull()
    #expect(unchanged.sums == [:])
    #expect(wasPassedOver(unchanged) == false)
    bench.server.change { state in
      state.mailboxes["INBOX"]?.highestModSeq = 8
      state.mailboxes["INBOX"]?.messages[0].flags = ["\\Flagged"]
      state.mailboxes["INBOX"]?.messages[0].modSeq = 7
      state.mailboxes["INBOX"]?.messages.append(
        .init(uid: 1000, body: PullBench.message("new"), modSeq: 8))
    }
    #expect(try await bench.pull().sums == ["transferred": 1, "flags": 1])
  }
}
