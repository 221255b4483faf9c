import Platform
import Testing

@Suite struct HandOffTests {
  @Test func `items come out in the order in which they went in`() async throws {
    let queue = HandOff<Int>(capacity: 2)
    try WorkerThread.detach(name: "puts") { for item in 0..<100 { queue.put(item) } }
    #expect((0..<100).map { _ in queue.take() } == Array(0..<100))
  }

  @Test func `a queue may be let go while there are items in it`() {
    let queue = HandOff<[UInt8]>(capacity: 3)
    queue.put([1])
    queue.put([2])
    #expect(queue.take() == [1])
  }
}
