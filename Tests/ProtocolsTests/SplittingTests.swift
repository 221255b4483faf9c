import Protocols
import TestSupport
import Testing

/// How the bytes are cut into buffers must make no difference.
@Suite struct SplittingTests {
  @Test(arguments: SessionTranscripts.all)
  func clientSaysWhatIsWritten(_ transcript: SessionTranscript) {
    let result = transcript.replay.whole()
    #expect(result.differences.isEmpty)
    #expect(!result.events.isEmpty)
  }

  @Test(arguments: SessionTranscripts.all)
  func byteByByte(_ transcript: SessionTranscript) {
    let result = transcript.replay.byteByByte()
    #expect(result.events == transcript.replay.whole().events)
    #expect(result.differences.isEmpty)
  }

  @Test(arguments: SessionTranscripts.all)
  func cutAtEveryPlace(_ transcript: SessionTranscript) {
    let replay = transcript.replay
    let whole = replay.whole().events
    for offset in 1..<max(2, replay.longestRun) {
      let events = replay.cut(at: offset).events
      #expect(events == whole, "cut at \(offset)")
    }
  }

  @Test(arguments: SessionTranscripts.all)
  func cutAtRandom(_ transcript: SessionTranscript) {
    var generator = SeededGenerator(seed: 1)
    let whole = transcript.replay.whole().events
    for _ in 0..<50 {
      let events = transcript.replay.run {
        TranscriptMutation.cuts(of: $0, using: &generator)
      }.events
      #expect(events == whole)
    }
  }
}
