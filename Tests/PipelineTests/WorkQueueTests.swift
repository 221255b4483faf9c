import Platform
import Testing

@testable import Pipeline

@Suite struct WorkQueueTests {
  @Test func `who gets ready is called home with the last piece`() throws {
    let queue = WorkQueue([1, 2])
    let run = try Interruption()
    let first = try #require(queue.newcomer(within: run))
    let second = try #require(queue.newcomer(within: run))
    #expect(queue.next() == 1)
    #expect(!first.isInterrupted)
    #expect(queue.admit(first))
    #expect(queue.next() == 2)
    #expect(!first.isInterrupted)
    #expect(second.isInterrupted)
    #expect(!queue.admit(second))
    #expect(queue.newcomer(within: run) == nil)
    #expect(!run.isInterrupted)
  }

  @Test func `who gets ready is called home when all is given up, and when the run is`() throws {
    let run = try Interruption()
    let queue = WorkQueue([1, 2])
    let newcomer = try #require(queue.newcomer(within: run))
    queue.close()
    #expect(newcomer.isInterrupted)
    let other = try #require(WorkQueue([1]).newcomer(within: run))
    run.interrupt()
    #expect(other.isInterrupted)
    #expect(throws: PollError.interrupted) {
      try Poller.wait(descriptor: -1, for: .read, until: .never, interruption: other)
    }
  }
}
