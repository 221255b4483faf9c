import Mail
import Testing

@testable import Protocols

/// What a session remembers, and what it does not put up with.
@Suite struct POP3SessionTests {
  private func reply(_ text: String) -> POP3Reply? { POP3Reply(Array(text.utf8)) }

  @Test(arguments: [
    ("-ERR [IN-USE] locked", POP3ResponseCode.inUse, "locked"),
    ("-ERR [in-use/other] locked", .inUse, "locked"),
    ("-ERR [LOGIN-DELAY] wait", .loginDelay, "wait"),
    ("-err   [SYS/TEMP]", .sysTemp, ""),
    ("-ERR [SYS/PERM] x", .sysPerm, "x"),
    ("-ERR [AUTH] wrong", .auth, "wrong"),
    ("-ERR [SYS] x", .other("SYS"), "x"),
    ("-ERR [SYS/OTHER] x", .other("SYS/OTHER"), "x"),
    ("-ERR [AUTHX] x", .other("AUTHX"), "x"),
  ])
  func `codes of refusals`(line: String, code: POP3ResponseCode, text: String) {
    #expect(reply(line) == POP3Reply(isOK: false, code: code, text: text))
  }

  @Test(arguments: ["-ERR no [AUTH] code", "-ERR [AUTH", "-ERR", "+OK [AUTH] welcome"])
  func `what is no code`(_ line: String) {
    #expect(reply(line) != nil)
    #expect(reply(line)?.code == nil)
  }

  @Test func `texts are bounded`() {
    #expect(reply("+OK " + String(repeating: "x", count: 5000))?.text.utf8.count == 1000)
    #expect(reply("-ERR [" + String(repeating: "x", count: 5000) + "] y")?.code == nil)
  }

  @Test(arguments: ["* OK IMAP4rev1", "220 ESMTP", "+ OK", "", "OK", "-ER"])
  func `what is no POP3 server`(_ line: String) {
    var driver = POP3Driver(greeting: "")
    driver.receive(line + "\r\n+OK\r\n")
    #expect(driver.events == [.failed(.notAPOP3Server(Evidence(line.utf8)))])
    // Once failed, always failed.
    driver.events = []
    driver.receive("+OK\r\n")
    #expect(driver.events == [.failed(.notAPOP3Server(Evidence(line.utf8)))])
  }

  @Test(arguments: ["+OK more\r\n", "1 2\r\n", "\r\n", "+ x\r\n"])
  func `a line that nobody asked for ends the session`(_ line: String) {
    var driver = POP3Driver()
    driver.receive(line)
    #expect(driver.events == [.failed(.outOfStep(Evidence(line.utf8.dropLast(2))))])
  }

  @Test func `a refusal that nobody asked for is told`() {
    var driver = POP3Driver()
    driver.receive("-ERR idle for too long\r\n")
    #expect(
      driver.events == [
        .event(.unasked(POP3Reply(isOK: false, code: nil, text: "idle for too long")))
      ])
  }

  @Test(arguments: ["junk\r\n", "+\r\n", "+ go on\r\n"])
  func `an answer that is none ends the session`(_ line: String) {
    var driver = POP3Driver()
    driver.send(.noop)
    driver.receive(line)
    #expect(driver.events == [.failed(.outOfStep(Evidence(line.utf8.dropLast(2))))])
  }

  @Test func `capabilities stay when they are refused later, and are forgotten before TLS`() {
    var driver = POP3Driver()
    driver.send(.capa)
    driver.receive("+OK\r\nuidl\r\nSASL plain Login\r\nLOGIN-DELAY 900 USER\r\n.\r\n")
    #expect(driver.session.capabilities?.hasUIDL == true)
    #expect(driver.session.capabilities?.hasPipelining == false)
    #expect(driver.session.capabilities?.mechanisms == ["PLAIN", "LOGIN"])
    #expect(driver.session.capabilities?.loginDelay == 900)
    driver.send(.capa)
    driver.receive("-ERR not now\r\n")
    #expect(driver.session.capabilities?.hasUIDL == true)
    driver.send(.stls)
    driver.send(.capa)
    driver.receive("+OK go\r\n")
    #expect(driver.sent == "CAPA\r\nCAPA\r\nSTLS\r\n")
    let saw = driver.session.discardBeforeTLS()
    driver.takeOutput()
    #expect(!saw)
    #expect(driver.session.capabilities == nil)
    #expect(driver.sent.hasSuffix("STLS\r\nCAPA\r\n"))
  }

  @Test func `octets behind the answer to STLS do not count and are told`() {
    var driver = POP3Driver()
    driver.send(.stls)
    driver.send(.capa)
    driver.receive("+OK go\r\n+OK\r\nPLAIN\r\n.\r\n")
    #expect(driver.events.count == 1)
    let saw = driver.session.discardBeforeTLS()
    #expect(saw)
    #expect(driver.session.capabilities == nil)
    #expect(driver.session.outstanding == [.capa])
  }

  @Test func `a refused STLS lets go what waited`() {
    var driver = POP3Driver()
    driver.send(.stls)
    driver.send(.noop)
    #expect(driver.sent == "STLS\r\n")
    driver.receive("-ERR no\r\n")
    #expect(driver.sent == "STLS\r\nNOOP\r\n")
  }

  @Test func `listings tell what can be understood`() {
    var driver = POP3Driver()
    driver.send(.list)
    driver.receive(
      "+OK\r\n0 1\r\n4294967296 1\r\n4294967295 18446744073709551615\r\n1 18446744073709551616\r\n"
        + "1\r\n-1 5\r\n2 5\r\n2 6\r\n.\r\n")
    let listed = driver.events.compactMap { event -> [UInt64]? in
      guard case .event(.listed(let number, let octets)) = event else { return nil }
      return [UInt64(number), octets]
    }
    #expect(listed == [[4_294_967_295, .max], [2, 5], [2, 6]])
    #expect(driver.events.count { if case .event(.malformed) = $0 { true } else { false } } == 5)
  }

  @Test func `UIDLs are taken as they are, up to a limit`() {
    var driver = POP3Driver()
    driver.send(.uidl)
    let long = String(repeating: "x", count: 512)
    driver.receive(
      "+OK\r\n1 ab\r\n2 ab\r\n3 \(long)\r\n4 \(long)y\r\n5 a b \r\n6 \u{e9}\r\n7 a\0b\r\n8 \r\n"
        + "9 a\u{7f}\r\n.\r\n")
    let found = driver.events.compactMap { event -> (UInt32, UIDL)? in
      if case .event(.uidl(let number, let uidl)) = event { (number, uidl) } else { nil }
    }
    #expect(found.map(\.0) == [1, 2, 3, 5, 6])
    #expect(found[0].1 == found[1].1)
    #expect(found.map(\.1.isConforming) == [true, true, false, false, false])
    #expect(found[3].1.description == "a b")
  }

  @Test func `an empty listing`() {
    var driver = POP3Driver()
    driver.send(.uidl)
    driver.receive("+OK nothing\r\n.\r\n")
    #expect(
      driver.events == [
        .event(.completed(.uidl, POP3Reply(isOK: true, code: nil, text: "nothing")))
      ])
  }

  @Test func `nothing is endless`() {
    func failure(_ command: POP3Command, _ text: String) -> POP3Driver.Recorded? {
      var driver = POP3Driver()
      driver.send(command)
      driver.receive("+OK\r\n" + text)
      return driver.events.last
    }
    let many = (1...101).map { "\($0) 1\r\n" }.joined()
    #expect(failure(.list, many) == .failed(.listingTooLong(limit: 100)))
    let large = (1...9).map { "\($0) " + String(repeating: "x", count: 500) + "\r\n" }.joined()
    #expect(failure(.uidl, large) == .failed(.listingTooLong(limit: 4000)))
    let words = String(repeating: "X\r\n", count: 21)
    #expect(failure(.capa, words) == .failed(.listingTooLong(limit: 20)))
    let line = String(repeating: "x", count: 601)
    #expect(failure(.uidl, line) == .failed(.lineTooLong(limit: 600, Evidence(line.utf8))))
  }

  @Test(
    arguments: [
      ("+OK 3 320", POP3Status(count: 3, octets: 320)),
      ("+OK 0 0 more", .init(count: 0, octets: 0)),
      ("+OK 2", .init(count: 2, octets: 0)),
      ("+OK 2 99999999999999999999", .init(count: 2, octets: 0)),
      ("+OK 4294967296 1", nil), ("+OK", nil), ("+OK x", nil), ("-ERR 3 320", nil),
    ] as [(String, POP3Status?)])
  func `what STAT says`(line: String, status: POP3Status?) {
    #expect(reply(line).flatMap { POP3Status($0) } == status)
  }
}
