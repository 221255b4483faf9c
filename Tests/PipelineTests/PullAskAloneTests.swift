import TestSupport
import Testing

@testable import Pipeline

/// Messages that a FETCH of many leaves out.
@Suite struct PullAskAloneTests {
  private func bench(_ quirk: SourceServer.Quirk, count: Int?) throws -> SourceBench {
    try SourceBench { state in
      var messages = SourceBench.messages(30)
      messages[16].flags = ["\\Flagged"]
      state.mailboxes["INBOX"] = .init(messages: messages)
      state.quirks[17] = quirk
      state.quirkCount = count
    }
  }

  /// The sets of UIDs whose content was asked for.
  private func asked(_ bench: SourceBench) -> [String] {
    bench.server.lines.filter { $0.contains("BODY.PEEK[]") }
      .map { String($0.split(separator: " ")[3]) }
  }

  @Test(arguments: [SourceServer.Quirk.leavesOut, .givesNIL, .givesEmpty, .refuses])
  func `one that comes when it is asked for alone is like any other`(
    _ quirk: SourceServer.Quirk
  ) async throws {
    let bench = try bench(quirk, count: 1)
    let report = try await bench.pull()
    #expect(report.sums == ["transferred": 30])
    #expect(report.exitStatus == .done)
    #expect(try bench.view().messages.count == 30)
    let message = try bench.view().message("m17")
    #expect(message.body == PullBench.message("m17"))
    #expect(message.flags == ["\\flagged"])
    #expect(message.date == 1_700_000_000)
    // A NO leaves out what would have come after the message, too.
    let alone = quirk == .refuses ? (17...30).map { "\($0)" } : ["17"]
    #expect(asked(bench) == ["1:30"] + alone)
    #expect(try await bench.pull().sums == [:])
  }

  @Test(arguments: [SourceServer.Quirk.leavesOut, .givesNIL, .givesEmpty])
  func `one that does not come even so is not asked for a third time`(
    _ quirk: SourceServer.Quirk
  ) async throws {
    let bench = try bench(quirk, count: nil)
    #expect(try await bench.pull().sums == ["transferred": 29, "failures": 1])
    #expect(asked(bench) == ["1:30", "17"])
  }
}
