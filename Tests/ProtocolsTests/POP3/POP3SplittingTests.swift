import TestSupport
import Testing

@testable import Protocols

/// How the octets are cut into buffers must make no difference.
@Suite struct POP3SplittingTests {
  static let conversations: [[POP3Driver.Step]] = [
    // A whole session, pipelined, with every kind of answer.
    [
      .server("+OK ready <1.2@example.org>\r\n"), .send(.capa),
      .server("+OK\r\nTOP\r\nSASL PLAIN LOGIN\r\nsasl x\r\nPIPELINING\r\n\r\n.\r\n"),
      .send(.user("ada")), .send(.pass(Secret("pa ss"))),
      .server("+OK send PASS\r\n-ERR [IN-USE/x] locked\r\n"),
      .send(.stat), .send(.list), .send(.uidl), .send(.top(1, lines: 0)), .send(.retr(1)),
      .send(.retr(2)), .send(.retr(3)), .send(.quit),
      .server("+OK 3 400\r\n+OK\r\n1 10\r\n2 20 more\r\n3 x\r\n.\r\n"),
      .server("+ok\r\n1 a!\r\n 2  b c \r\n3\r\n..4\r\n.\r\n"),
      .server("+OK\r\nA: b\r\n\r\n.\r\n+OK\r\nA: b\r\n\r\n..\r\n...\r\n.x\r\n.\r\n"),
      .server("-ERR no such message\r\n+OK\r\n.\r\n+OK bye\r\n"),
    ],
    // Where only a CR tells what a dot is.
    [
      .server("+OK\r\n"), .send(.retr(1)), .send(.retr(2)), .send(.noop),
      .server("+OK\r\n.\rx\r\n.\r\r\n\n.\n..\n.\n\r\n\r.\r\r\r\n.\r\n+OK\r\n\r\r\n.\r\n+OK\r\n"),
    ],
    // A server that knows no CR.
    [
      .server("+OK\n"), .send(.uidl), .send(.retr(1)), .send(.retr(2)), .send(.noop),
      .server("+OK\n1 a\n.\n+OK\nA: b\n\n..\n.x\r\n.\r\n+OK\nB\n.\n+OK\n"),
    ],
    // NULs and other octets.
    [
      .server("+OK\r\n"), .send(.retr(1)),
      .server("+OK\r\n\0.\r\n\u{80}\u{ff}.\r\n.\0.\r\n.\r\n"),
    ],
    // Ends in the middle.
    [
      .server("+OK\r\n"), .send(.list), .send(.retr(1)), .server("+OK\r\n1 1\r\n.\r\n+OK\r\nabc\r"),
    ],
    // Fails in the middle.
    [.server("+OK\r\n"), .send(.retr(1)), .server("+OK\r\nabc\r\n.\r\nmore\r\n+OK\r\n")],
    [.server("+OK\r\n"), .send(.stls), .server("+OK\r\n+OK evil\r\n")],
    [
      .server("+OK\r\n"), .send(.authLogin(user: "ada", password: Secret("p"))),
      .send(.capa), .server("+ VXNlcjo=\r\n+\r\n+ more\r\n-ERR [AUTH] no\r\n-ERR\r\n"),
    ],
  ]

  @Test(arguments: conversations.indices)
  func `cut at every place, and octet by octet`(_ index: Int) {
    let steps = Self.conversations[index]
    let whole = POP3Driver.play(steps) { _ in [] }
    #expect(!whole.events.isEmpty)
    let single = POP3Driver.play(steps) { Array(1..<max($0, 1)) }
    #expect(single.events == whole.events)
    #expect(single.sent == whole.sent)
    for offset in 1..<120 {
      let cut = POP3Driver.play(steps) { $0 > offset ? [offset] : [] }
      #expect(cut.events == whole.events, "cut at \(offset)")
      let two = POP3Driver.play(steps) { $0 > offset + 1 ? [offset, offset + 1] : [] }
      #expect(two.events == whole.events, "cut around \(offset)")
    }
  }

  @Test(arguments: conversations.indices)
  func `spoilt, it neither crashes nor depends on the cuts`(_ index: Int) {
    var generator = SeededGenerator(seed: 11)
    let commands = Self.conversations[index].compactMap { step in
      if case .send(let command) = step { POP3Driver.Step.send(command) } else { nil }
    }
    let text = Self.conversations[index].reduce(into: "") { text, step in
      if case .server(let more) = step { text += more }
    }
    let bytes = text.unicodeScalars.map { UInt8($0.value) }
    for _ in 0..<200 {
      let spoilt = TranscriptMutation.mutate(bytes, using: &generator)
      let words = String(String.UnicodeScalarView(spoilt.map { Unicode.Scalar($0) }))
      let steps = commands + [.server(words)]
      let whole = POP3Driver.play(steps) { _ in [] }
      let cuts = TranscriptMutation.cuts(of: spoilt.count, using: &generator)
      #expect(POP3Driver.play(steps) { _ in cuts }.events == whole.events)
      #expect(POP3Driver.play(steps) { Array(1..<max($0, 1)) }.events == whole.events)
    }
  }
}
