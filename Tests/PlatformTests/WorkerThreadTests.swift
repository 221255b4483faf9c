import Glibc
import Platform
import Testing

@Suite struct WorkerThreadTests {
  @Test func returnsWhatTheBodyReturns() async throws {
    let value = try await WorkerThread.run(name: "a name beyond fifteen bytes") { 7 }
    #expect(value == 7)
  }

  @Test func throwsWhatTheBodyThrows() async {
    let thrown = SystemError(errno: ENOENT, operation: "test", path: nil)
    await #expect(throws: thrown) {
      try await WorkerThread.run(name: "test") { throw thrown }
    }
  }

  @Test(.timeLimit(.minutes(1))) func blockedBodiesDoNotHoldUpTheSharedPool() async throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    let reading = ends[0]
    defer { close(reading) }
    // More readers than cores wait for a byte that this task, in the pool, writes.
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<16 {
        group.addTask {
          try await WorkerThread.run(name: "reader") {
            var byte: UInt8 = 0
            return read(reading, &byte, 1)
          }
        }
      }
      let writing = FileDescriptor(owning: ends[1])
      try writing.write([UInt8](repeating: 1, count: 16).span)
      return try await group.reduce(0, +)
    }
    #expect(sum == 16)
  }
}
