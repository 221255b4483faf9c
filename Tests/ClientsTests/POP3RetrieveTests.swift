import Mail
import Protocols
import TestSupport
import Testing
import Transport

@testable import Clients

/// What a POP3 connection tells of a mailbox.
@Suite struct POP3RetrieveTests {
  private static let bodies = [
    "A: 1\r\n\r\n.\r\n..\r\n", "A: 2\r\n\r\nno end", "", "A: 4\r\n\r\n.x", "A: 5\r\n\r\n\r\n",
  ]

  private func fill(_ state: inout FakePOP3Server.State) {
    state.messages = Self.bodies.enumerated().map { .init($1, uidl: "u\($0 + 1)") }
  }

  private static let expected = [
    "1: A: 1\r\n\r\n.\r\n..\r\n", "2: A: 2\r\n\r\nno end\r\n", "3: ", "4: A: 4\r\n\r\n.x\r\n",
    "5: A: 5\r\n\r\n\r\n",
  ]

  private func retrieve(
    _ connection: POP3Connection, _ numbers: [UInt32], window: POP3Window = .standard
  ) throws -> [String] {
    var told = POP3Told()
    try connection.retrieve(numbers, sizes: connection.list(), window: window) { told.take($0) }
    return told.lines
  }

  @Test(arguments: [nil, 1, 2, 3, 7])
  func `messages come whole, however they are cut`(_ pieces: Int?) throws {
    let bench = try POP3Bench {
      fill(&$0)
      $0.pieces = pieces
    }
    let connection = try bench.open()
    #expect(try retrieve(connection, [1, 2, 3, 4, 5]) == Self.expected)
    #expect(try retrieve(connection, [4, 2]) == [Self.expected[3], Self.expected[1]])
    connection.quit()
    #expect(bench.server.lines.last == "QUIT")
    #expect(Set(bench.server.commands).isDisjoint(with: ["DELE", "RSET"]))
  }

  @Test func `asks ahead where the server can do that`() throws {
    let bench = try POP3Bench {
      fill(&$0)
      // Not a word before three have come.
      $0.gathers = 3
    }
    let connection = try bench.open()
    let window = POP3Window(octets: 1 << 20, messages: 3)
    #expect(try retrieve(connection, [1, 2, 3, 4, 5], window: window) == Self.expected)
    #expect(bench.server.change { $0.sawPipelining })
  }

  @Test func `asks for one after the other where it can't`() throws {
    let bench = try POP3Bench {
      fill(&$0)
      $0.capabilities = ["USER", "TOP", "UIDL"]
    }
    let connection = try bench.open()
    #expect(try retrieve(connection, [1, 2, 3, 4, 5]) == Self.expected)
    #expect(!bench.server.change { $0.sawPipelining })
  }

  @Test(arguments: [["USER", "PIPELINING"], ["USER"]])
  func `a refused message does not stop the others`(_ capabilities: [String]) throws {
    let bench = try POP3Bench {
      fill(&$0)
      $0.capabilities = capabilities
      $0.refused = [2: "-ERR [SYS/TEMP] not now", 5: "-ERR"]
    }
    var lines = Self.expected + ["9 refused: no such message"]
    lines[1] = "2 refused: not now"
    lines[4] = "5 refused: "
    #expect(try retrieve(bench.open(), [1, 2, 3, 4, 5, 9]) == lines)
  }

  @Test func `a connection that ends in a message does not end the message`() throws {
    let bench = try POP3Bench {
      fill(&$0)
      $0.dropsAfter = 40
      $0.drops = 1
    }
    var told = POP3Told()
    let connection = try bench.open()
    let error = #expect(throws: ClientError.self) {
      try connection.retrieve([1, 2, 4, 5], sizes: [:], window: .standard) { told.take($0) }
    }
    #expect(error?.isRetryable == true)
    #expect(told.lines == Array(Self.expected[..<2]))
    // With answers outstanding there is nothing to say any more.
    connection.quit()
    #expect(try retrieve(bench.open(), [4, 5]) == Array(Self.expected[3...]))
  }

  @Test func `a message that goes on behind its end has not come`() throws {
    let bench = try POP3Bench {
      fill(&$0)
      $0.capabilities = ["USER"]
      $0.behindMessage = "the rest\r\n.\r\n"
    }
    var told = POP3Told()
    let connection = try bench.open()
    let error = #expect(throws: ClientError.self) {
      try connection.retrieve([1, 2], sizes: [:], window: .standard) { told.take($0) }
    }
    guard case .pop3Violation(.outOfStep)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(told.lines == [])
  }

  @Test func `a goodbye behind a message is no answer to the next one`() throws {
    let bench = try POP3Bench {
      fill(&$0)
      $0.capabilities = ["USER"]
      $0.behindMessage = "-ERR idle\r\n"
    }
    var told = POP3Told()
    let connection = try bench.open()
    let error = #expect(throws: ClientError.self) {
      try connection.retrieve([1, 2], sizes: [:], window: .standard) { told.take($0) }
    }
    guard case .serverClosed(let text)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(text.text == "idle")
    #expect(told.lines == [Self.expected[0]])
  }

  @Test func `headers come by TOP, and not where there is none`() throws {
    let bench = try POP3Bench(fill)
    func top(_ connection: POP3Connection) throws -> [String] {
      var told = POP3Told()
      try connection.top([1, 2], window: .standard) { told.take($0) }
      return told.lines
    }
    #expect(try top(bench.open()) == ["1: A: 1\r\n\r\n", "2: A: 2\r\n\r\n"])
    bench.server.change { $0.withheld = ["TOP"] }
    #expect(
      try top(bench.open()) == ["1 refused: unknown command", "2 refused: unknown command"])
    bench.server.change {
      $0.lines = []
      $0.capabilities = ["USER"]
    }
    #expect(try top(bench.open()).count { $0.contains("refused") } == 2)
    #expect(!bench.server.commands.contains("TOP"))
  }

  @Test func `UIDLs as they are, also where they repeat`() throws {
    let bench = try POP3Bench {
      $0.messages = ["a", "a", "b c", ""].map { .init("x", uidl: $0) }
      // Said twice, said otherwise, out of range.
      $0.extraLines = ["1 a", "2 z", "2 a", "0 n", "5 n"]
    }
    let uidls = try #require(try bench.open().uidls())
    #expect(uidls.map { "\($0.number) \($0.uidl)" } == ["1 a", "3 b c"])
  }

  @Test func `no UIDL`() throws {
    let bench = try POP3Bench {
      fill(&$0)
      $0.withheld = ["UIDL"]
    }
    #expect(try bench.open().uidls() == nil)
    bench.server.change {
      $0.capabilities = nil
      $0.withheld = []
    }
    #expect(try bench.open().uidls()?.count == 5)
    bench.server.change {
      $0.lines = []
      $0.capabilities = ["USER"]
    }
    #expect(try bench.open().uidls() == nil)
    #expect(!bench.server.commands.contains("UIDL"))
  }

  @Test func `sizes are what the server says, and depend on nothing`() throws {
    let bench = try POP3Bench {
      $0.messages = [
        .init("a", uidl: "1", announced: "18446744073709551615"),
        .init("b", uidl: "2", announced: "0"), .init("c", uidl: "3", announced: "x"),
        .init("d", uidl: "4", announced: "99999999999999999999999"),
      ]
      $0.extraLines = ["2 7", "9 9"]
    }
    let connection = try bench.open()
    #expect(try connection.list() == [1: .max])
    #expect(
      try retrieve(connection, [1, 2, 3, 4]) == ["1: a\r\n", "2: b\r\n", "3: c\r\n", "4: d\r\n"])
  }

  @Test func `an empty mailbox`() throws {
    let bench = try POP3Bench()
    let connection = try bench.open()
    #expect(try connection.status().count == 0)
    #expect(try connection.list().isEmpty)
    #expect(try connection.uidls()?.isEmpty == true)
    #expect(try retrieve(connection, []).isEmpty)
  }

  @Test func `a server that does not say how many messages it has`() throws {
    let bench = try POP3Bench { $0.statusAnswer = "+OK many" }
    let error = #expect(throws: ClientError.self) { try bench.open().status() }
    guard case .pop3Violation(.unreadableStatus)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: ["2000001", "4000000000", "4294967295"])
  func `a server that says that it has more messages than can be`(_ count: String) throws {
    let bench = try POP3Bench { $0.statusAnswer = "+OK \(count) 5" }
    let connection = try bench.open()
    let error = #expect(throws: ClientError.self) { try connection.status() }
    guard case .tooMuch? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `the window counts octets and messages`() {
    var onTheWay = OnTheWay(window: POP3Window(octets: 100, messages: 4))
    var unsent: ArraySlice<UInt32> = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    let sizes: [UInt32: UInt64] = [1: 500, 2: 60, 3: 40, 4: 1, 9: .max]
    func refill() -> [UInt32] { onTheWay.refill(from: &unsent, size: { sizes[$0] ?? 0 }) }
    // Larger than the window: alone.
    #expect(refill() == [1])
    #expect(refill() == [])
    onTheWay.arrived()
    #expect(refill() == [2, 3])
    onTheWay.arrived()
    // Half of the window is free.
    #expect(refill() == [4, 5, 6])
    onTheWay.arrived()
    #expect(refill() == [])
    onTheWay.arrived()
    #expect(refill() == [7, 8])
    for _ in 0..<4 { onTheWay.arrived() }
    #expect(refill() == [9])
    onTheWay.arrived()
    #expect(onTheWay.isEmpty)
  }
}
