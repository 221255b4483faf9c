import Protocols
import Testing

@testable import Clients

@Suite struct KeptEventsTests {
  @Test func `events come out in their order, and a flood of them is refused`() throws {
    var kept = KeptEvents(limits: .init(events: 3, octets: 100))
    for round in 0..<3 as Range<UInt64> {
      for number in 0..<3 as Range<UInt32> {
        try kept.keep(.exists(number), consumed: round * 1000 + UInt64(number))
      }
      #expect(throws: ClientError.self) { try kept.keep(.exists(9), consumed: round * 1000 + 3) }
      #expect((0..<4).map { _ in kept.next() } == [.exists(0), .exists(1), .exists(2), nil])
    }
  }

  @Test func `few events that are large are refused as well`() throws {
    var kept = KeptEvents(limits: .init(events: 3, octets: 100))
    try kept.keep(.exists(1), consumed: 5000)
    try kept.keep(.exists(2), consumed: 5100)
    #expect(throws: ClientError.self) { try kept.keep(.exists(3), consumed: 5101) }
  }
}
