import Glibc
import Platform
import Testing

@Suite(.timeLimit(.minutes(1))) struct SignalWatcherTests {
  @Test(arguments: [SIGINT, SIGTERM])
  func theFirstSignalInterruptsTheSecondExits(number: Int32) async {
    await #expect(processExitsWith: .exitCode(128 + number)) { [number] in
      let interruption = try Interruption()
      SignalWatcher.install(interruption)
      guard SignalWatcher.receivedSignal == nil else { exit(2) }
      // To the process: the threads of Swift's pool block signals, so raise would wait for ever.
      kill(getpid(), number)
      do {
        _ = try Poller.wait(
          descriptor: -1, for: .read, until: .never, interruption: interruption)
      } catch PollError.interrupted {
        guard interruption.isInterrupted else { exit(3) }
        guard SignalWatcher.receivedSignal == number else { exit(4) }
        kill(getpid(), number)
        while true { pause() }
      }
      exit(5)
    }
  }

  @Test func aClosedPipeIsAnErrorNotTheEnd() async {
    await #expect(processExitsWith: .success) {
      SignalWatcher.surviveFailingWrites()
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      close(ends[0])
      let writing = FileDescriptor(owning: ends[1])
      let error = #expect(throws: SystemError.self) { try writing.write([1].span) }
      #expect(error?.errno == EPIPE)
    }
  }
}
