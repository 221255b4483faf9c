import Glibc
import Platform
import Testing

@Suite(.timeLimit(.minutes(1))) final class PollerTests {
  let near: FileDescriptor
  let far: FileDescriptor

  init() throws {
    var pair: [Int32] = [-1, -1]
    let made = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
    near = FileDescriptor(owning: pair[0])
    far = FileDescriptor(owning: pair[1])
    try #require(made == 0)
  }

  @Test func tellsWhatIsPossible() throws {
    let soon = Deadline.after(seconds: 30)
    let both: Interest = [.read, .write]
    #expect(try wait(for: both, until: soon) == .write)
    try far.write([1].span)
    #expect(try wait(for: both, until: soon) == both)
    #expect(try wait(for: .read, until: .never) == .read)
  }

  @Test func aHangUpIsReadable() throws {
    #expect(shutdown(far.rawValue, Int32(SHUT_RDWR)) == 0)
    #expect(try wait(for: .read, until: .never) == .read)
  }

  @Test func theDeadlineEndsTheWait() throws {
    #expect(throws: PollError.timedOut) { try wait(for: .read, until: .after(seconds: 0.01)) }
    #expect(throws: PollError.timedOut) { try wait(for: .read, until: .after(seconds: 0)) }
    #expect(try wait(for: .write, until: .after(seconds: 0)) == .write)
  }

  @Test func anInterruptionRaisedBeforeCountsEvenIfReady() throws {
    let interruption = try Interruption()
    #expect(!interruption.isInterrupted)
    interruption.interrupt()
    interruption.interrupt()
    #expect(interruption.isInterrupted)
    for _ in 0..<2 {
      #expect(throws: PollError.interrupted) {
        try wait(for: .write, until: .never, interruption)
      }
    }
  }

  @Test func anInterruptionWakesEveryWaiter() async throws {
    let interruption = try Interruption()
    let waiting = near.rawValue
    await withTaskGroup(of: PollError?.self) { group in
      for index in 0..<3 {
        group.addTask {
          do {
            _ = try await WorkerThread.run(name: "waiter \(index)") {
              try Poller.wait(
                descriptor: waiting, for: .read, until: .never, interruption: interruption)
            }
            return nil
          } catch {
            return error as? PollError
          }
        }
      }
      interruption.interrupt()
      for await outcome in group { #expect(outcome == .interrupted) }
    }
  }

  @Test func cancellingATaskWakesItsThread() async throws {
    let interruption = try Interruption()
    let waiting = near.rawValue
    let task = Task {
      try await WorkerThread.run(name: "waiter", cancelling: interruption) {
        try Poller.wait(
          descriptor: waiting, for: .read, until: .never, interruption: interruption)
      }
    }
    task.cancel()
    await #expect(throws: PollError.interrupted) { try await task.value }
  }

  private func wait(
    for interest: Interest, until deadline: Deadline, _ interruption: Interruption? = nil
  ) throws(PollError) -> Interest {
    try Poller.wait(
      descriptor: near.rawValue, for: interest, until: deadline, interruption: interruption)
  }
}
