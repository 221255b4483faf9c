import Testing

@testable import Protocols

/// How the password goes.
@Suite struct POP3LoginTests {
  private static let all = POP3Capabilities([
    POP3Capability("USER"), POP3Capability("SASL", arguments: ["plain", "LOGIN", "X"]),
  ])

  private func ways(
    _ capabilities: POP3Capabilities?, encrypted: Bool = true, timestamp: Bool = true,
    user: String = "ada", password: String = "secret"
  ) -> [POP3Login] {
    POP3Login.ways(
      isEncrypted: encrypted, capabilities: capabilities, hasTimestamp: timestamp, user: user,
      password: Secret(password))
  }

  @Test func `the order of choice`() {
    #expect(ways(Self.all) == [.authPlain, .userPass, .authLogin, .apop])
    #expect(ways(Self.all, encrypted: false) == [.apop, .authPlain, .userPass, .authLogin])
    #expect(ways(Self.all, timestamp: false) == [.authPlain, .userPass, .authLogin])
    // Nothing is known: USER is there in all servers but a few.
    #expect(ways(nil, timestamp: false) == [.userPass])
    #expect(ways(POP3Capabilities([]), timestamp: false) == [])
    #expect(ways(POP3Capabilities([POP3Capability("user")])) == [.userPass, .apop])
  }

  @Test(arguments: [
    ("ada", "se\rcret", [POP3Login.authPlain, .authLogin, .apop]),
    ("ada", "se\ncret", [.authPlain, .authLogin, .apop]),
    ("ada", "se\0cret", [.authLogin, .apop]),
    ("a\r\nDELE 1", "secret", [.authPlain, .authLogin]),
    ("a b", "se cret", [.authPlain, .userPass, .authLogin]),
  ])
  func `a way that can't carry the words is not taken`(
    user: String, password: String, expected: [POP3Login]
  ) {
    #expect(ways(Self.all, user: user, password: password) == expected)
  }

  @Test(
    arguments: [
      ("POP3 ready <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"),
      ("<a@b>", "<a@b>"), ("x <a@b> <c@d>", "<a@b>"), ("ready", nil), ("<a@b", nil),
      ("<a b@c>", nil), ("<ab>", nil), ("<@b>", nil), ("<a@>", nil), ("<a@b@c>", nil),
      ("<a\u{1}@b>", nil), ("<a\u{e9}@b>", nil), ("<<a@b>", nil), ("> <a@b>", "<a@b>"),
    ] as [(String, String?)])
  func `a timestamp looks like a Message-ID`(greeting: String, expected: String?) {
    #expect(POP3Login.timestamp(in: greeting) == expected)
  }

  @Test func `only a greeting that lets us in has a timestamp`() {
    var driver = POP3Driver(greeting: "")
    driver.receive("-ERR <a@b>\r\n")
    #expect(
      driver.events == [
        .event(.greeting(POP3Reply(isOK: false, code: nil, text: "<a@b>"), timestamp: nil))
      ])
  }

  @Test func `PLAIN goes with its initial response`() {
    var driver = POP3Driver()
    driver.send(.authPlain(authorizationID: "", user: "ada", password: Secret("p")))
    #expect(driver.sent == "AUTH PLAIN AGFkYQBw\r\n")
    driver.receive("+OK in\r\n")
    #expect(driver.session.outstanding.isEmpty)
  }

  @Test func `what is too long for a line waits until the server asks`() {
    for (count, isLong) in [(175, false), (176, true)] {
      var driver = POP3Driver()
      let password = String(repeating: "x", count: count)
      driver.send(.authPlain(authorizationID: "", user: "ada", password: Secret(password)))
      #expect((driver.sent == "AUTH PLAIN\r\n") == isLong)
      driver.receive("+ \r\n+OK\r\n")
      if isLong { #expect(driver.sent.utf8.count == 12 + 244 + 2) }
    }
  }

  @Test func `LOGIN answers two questions, and no third one`() {
    var driver = POP3Driver()
    driver.send(.authLogin(user: "ada", password: Secret("p")))
    driver.send(.noop)
    #expect(driver.sent == "AUTH LOGIN\r\n")
    driver.receive("+ VXNlcm5hbWU6\r\n")
    #expect(driver.sent == "AUTH LOGIN\r\nYWRh\r\n")
    driver.receive("+\r\n")
    #expect(driver.sent == "AUTH LOGIN\r\nYWRh\r\ncA==\r\n")
    driver.receive("+ more\r\n")
    #expect(driver.sent == "AUTH LOGIN\r\nYWRh\r\ncA==\r\n*\r\n")
    driver.receive("+ still\r\n")
    #expect(driver.events == [.failed(.outOfStep(Evidence("+ still".utf8)))])
  }

  @Test func `what comes after a login waits for its end`() {
    var driver = POP3Driver()
    driver.send(.authLogin(user: "ada", password: Secret("p")))
    driver.send(.capa)
    driver.receive("-ERR [AUTH] no such way\r\n")
    #expect(driver.sent == "AUTH LOGIN\r\nCAPA\r\n")
  }

  @Test func `commands as they are on the wire`() {
    let commands: [POP3Command] = [
      .capa, .stls, .user("a b"), .pass(Secret("p w")), .apop(user: "a", digest: "00"), .stat,
      .list, .uidl, .top(3, lines: 0), .retr(4), .noop, .quit,
    ]
    let lines = commands.map { command in
      command.lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|")
    }
    #expect(
      lines == [
        "CAPA", "STLS", "USER a b", "PASS p w", "APOP a 00", "STAT", "LIST", "UIDL", "TOP 3 0",
        "RETR 4", "NOOP", "QUIT",
      ])
  }
}
