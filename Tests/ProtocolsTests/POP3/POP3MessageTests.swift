import Testing

@testable import Protocols

/// What a session makes of messages.
@Suite struct POP3MessageTests {
  /// What of these octets behind `+OK` is the message; a bar where it ends.
  private func message(_ octets: String, status: String = "+OK\r\n") -> String {
    var driver = POP3Driver()
    driver.send(.retr(1))
    driver.receive(status + octets)
    return driver.messages
  }

  @Test(arguments: [
    (".\r\n", "|"),
    ("\r\n.\r\n", "\r\n|"),
    ("a\r\n.\r\n", "a\r\n|"),
    ("..\r\n.\r\n", ".\r\n|"),
    ("a\r\n..b\r\n...\r\n.\r\n", "a\r\n.b\r\n..\r\n|"),
    // A server that forgot to add a dot.
    ("a\r\n.b\r\n.\r\n", "a\r\nb\r\n|"),
    // Neither is the end, since a line ends with CRLF.
    ("a\n.\r\n.b\r\n.\r\n", "a\n.\r\nb\r\n|"),
    ("a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n|"),
    ("a\r\r\n.\r\n", "a\r\r\n|"),
    (".\rb\r\n.\r\n", "\rb\r\n|"),
    (".\r\r\n.\r\n", "\r\r\n|"),
    ("a\0b\r\n.\r\n", "a\0b\r\n|"),
    ("a\r.\r\n.\r\n", "a\r.\r\n|"),
    ("a\r\n.\r", "a\r\n"),
  ])
  func `dots are taken away and the end is found`(octets: String, expected: String) {
    #expect(message(octets) == expected)
  }

  @Test(arguments: [
    ("a\n.\n", "a\n|"), ("a\r\n..\n.\r\n", "a\r\n.\n|"), (".\n", "|"), ("\n.x\n.\n", "\nx\n|"),
  ])
  func `a server that ends its own lines with LF may end a message so`(
    octets: String, expected: String
  ) {
    #expect(message(octets, status: "+OK\n") == expected)
  }

  @Test func `a line of any length is streamed and not held`() throws {
    var session = POP3Session(limits: POP3Driver.limits)
    session.send(.retr(1))
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    var total = 0
    func feed(_ bytes: [UInt8]) throws {
      try bytes.withUnsafeBytes { input in
        var position = 0
        while let event = try session.consume(input, from: &position) {
          if case .messageChunk(let range) = event { total += range.count }
        }
      }
    }
    try feed(Array("+OK\r\n+OK\r\n".utf8))
    for _ in 0..<8 { try feed(line) }
    try feed(Array("\r\n.\r\n".utf8))
    #expect(total == line.count * 8 + 2)
    #expect(session.outstanding.isEmpty)
  }

  @Test func `a message without a dot is one piece of the buffer`() {
    var driver = POP3Driver()
    driver.send(.retr(7))
    driver.receive("+OK\r\nA: b\r\n\r\nc\r\n.\r\n")
    #expect(
      driver.events == [
        .event(.messageBegins(7)), .message("A: b\r\n\r\nc\r\n"),
        .event(.completed(.retr(7), POP3Reply(isOK: true, code: nil, text: ""))),
      ])
  }

  @Test func `a refused message ends its own command only`() {
    var driver = POP3Driver()
    for number in 1...3 { driver.send(.retr(UInt32(number))) }
    #expect(driver.sent == "RETR 1\r\nRETR 2\r\nRETR 3\r\n")
    driver.receive("+OK\r\na\r\n.\r\n-ERR [SYS/TEMP] can't read it\r\n+OK\r\nc\r\n.\r\n")
    #expect(driver.messages == "a\r\n||c\r\n|")
    #expect(
      driver.events.contains(
        .event(
          .completed(.retr(2), POP3Reply(isOK: false, code: .sysTemp, text: "can't read it")))))
  }
}
