import TestSupport
import Testing

@testable import Protocols

/// Spoilt transcripts must neither crash nor make a difference by how they are cut.
@Suite struct FuzzTests {
  @Test(arguments: SessionTranscripts.all)
  func mutated(_ original: SessionTranscript) {
    var generator = SeededGenerator(seed: 42)
    let bytes = original.transcript.serverBytes
    for _ in 0..<200 {
      let spoilt = TranscriptMutation.mutate(bytes, using: &generator)
      let whole = replay(spoilt, cuts: [])
      let cut = replay(spoilt, cuts: TranscriptMutation.cuts(of: spoilt.count, using: &generator))
      #expect(whole == cut)
      #expect(replay(spoilt, cuts: Array(1..<max(spoilt.count, 1))) == whole)
    }
  }

  @Test func noise() {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      let noise = (0..<300).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let bytes = Array("* OK hi\r\n* 1 FETCH (".utf8) + noise + Array("\r\n* 9 EXISTS\r\n".utf8)
      _ = replay(bytes, cuts: TranscriptMutation.cuts(of: bytes.count, using: &generator))
    }
  }

  /// The events of the bytes under tight limits, with commands outstanding for every tag in use.
  private func replay(_ bytes: [UInt8], cuts: [Int]) -> [TranscriptReplay.Recorded] {
    var session = IMAPSession(limits: LimitTests.fuzz)
    for _ in 0..<5 { _ = session.send(.noop) }
    let events = TranscriptReplay.record(bytes, cuts: cuts, by: &session)
    #expect(session.splitter.collected.count <= LimitTests.fuzz.lineLength)
    return events
  }
}

extension LimitTests {
  static let fuzz = IMAPLimits(
    lineLength: 2000, inlineLiteralSize: 500, nestingDepth: 8, streamedLiteralSize: 5000)
}
