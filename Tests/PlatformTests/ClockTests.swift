import Platform
import Testing

@Suite struct ClockTests {
  @Test func deadlines() throws {
    #expect(Deadline.after(seconds: 0).isOver)
    #expect(Deadline.after(seconds: -5).remainingMilliseconds == 0)
    #expect(!Deadline.never.isOver)
    #expect(Deadline.never.remainingMilliseconds == nil)
    #expect(Deadline.after(seconds: 1e300) == .never)
    let minute = Deadline.after(seconds: 60)
    #expect(!minute.isOver)
    #expect((59_000...60_000).contains(try #require(minute.remainingMilliseconds)))
    #expect(Deadline.earlier(minute, .never) == minute)
    #expect(Deadline.earlier(.never, .never) == .never)
    #expect(Deadline.earlier(minute, .after(seconds: 0)).isOver)
  }

  @Test func clocksGoOn() {
    let start = MonotonicClock.now
    let later = MonotonicClock.now
    #expect(start <= later)
    #expect(later.seconds(since: start) >= 0)
    #expect(WallClock.now > 1_700_000_000)
  }
}
