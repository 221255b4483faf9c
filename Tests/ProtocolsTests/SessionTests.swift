import Mail
import Testing

@testable import Protocols

/// What the session remembers.
@Suite struct SessionTests {
  @Test func capabilitiesAreForgottenAfterLogin() {
    var driver = SessionDriver(greeting: "OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi")
    #expect(driver.session.capabilities?.contains(.loginDisabled) == true)
    _ = driver.send(.login(user: "u", password: Secret("p")))
    _ = driver.receive("A1 OK in\r\n")
    #expect(driver.session.needsCapability)
    #expect(driver.session.state == .authenticated)
  }

  @Test(arguments: [
    "A1 OK [CAPABILITY IMAP4rev1 X] in\r\n", "* CAPABILITY IMAP4rev1 X\r\nA1 OK in\r\n",
  ])
  func capabilitiesThatComeWithTheLoginStay(_ answer: String) {
    var driver = SessionDriver(greeting: "OK [CAPABILITY IMAP4rev1 Y] hi")
    _ = driver.send(.login(user: "u", password: Secret("p")))
    _ = driver.receive(answer)
    #expect(driver.session.capabilities == CapabilitySet([.imap4rev1, Capability("x")]))
  }

  @Test func answerToAnEarlierCapabilityDoesNotOutliveTheLogin() {
    var driver = SessionDriver(greeting: "OK hi")
    _ = driver.send(.capability)
    _ = driver.send(.login(user: "u", password: Secret("p")))
    _ = driver.receive("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA1 OK\r\nA2 OK in\r\n")
    #expect(driver.session.needsCapability)
  }

  @Test func aRefusedLoginChangesNothing() {
    var driver = SessionDriver(greeting: "OK [CAPABILITY IMAP4rev1] hi")
    _ = driver.send(.login(user: "u", password: Secret("p")))
    let events = driver.receive("A1 NO [AUTHENTICATIONFAILED] no\r\n")
    #expect(
      events == [
        .completed(
          CommandTag(number: 1), .no, ResponseText(code: .authenticationFailed, text: "no"))
      ])
    #expect(driver.session.state == .notAuthenticated)
    #expect(!driver.session.needsCapability)
  }

  @Test func bytesBehindStartTLSDoNotCount() {
    var driver = SessionDriver(greeting: "OK [CAPABILITY IMAP4rev1 STARTTLS] hi")
    #expect(driver.send(.startTLS) == "A1 STARTTLS\r\n")
    #expect(driver.send(.capability).isEmpty)
    let events = driver.receive("A1 OK go\r\n* CAPABILITY IMAP4rev1 EVIL\r\nA2 OK done\r\n* OK ")
    #expect(events.count == 1)
    #expect(driver.receive("more\r\n").isEmpty)
    #expect(driver.output().isEmpty)
    let saw = driver.session.discardBeforeTLS()
    #expect(saw)
    #expect(driver.session.needsCapability)
    #expect(driver.output() == "A2 CAPABILITY\r\n")
    _ = driver.receive("* CAPABILITY IMAP4rev1 GOOD\r\nA2 OK done\r\n")
    #expect(driver.session.capabilities?.contains(Capability("GOOD")) == true)
    #expect(driver.session.capabilities?.contains(Capability("EVIL")) == false)
  }

  @Test func anHonestStartTLS() {
    var driver = SessionDriver(greeting: "OK [CAPABILITY IMAP4rev1 STARTTLS] hi")
    _ = driver.send(.startTLS)
    _ = driver.receive("A1 OK go\r\n")
    let saw = driver.session.discardBeforeTLS()
    #expect(!saw)
  }

  @Test func capabilitiesInTheAnswerToStartTLSDoNotCount() {
    var driver = SessionDriver(greeting: "OK hi")
    _ = driver.send(.startTLS)
    _ = driver.receive("A1 OK [CAPABILITY IMAP4rev1 EVIL] go\r\n")
    #expect(driver.session.needsCapability)
  }

  @Test func aRefusedStartTLSReleasesWhatWaited() {
    var driver = SessionDriver(greeting: "OK hi")
    _ = driver.send(.startTLS)
    #expect(driver.send(.noop).isEmpty)
    _ = driver.receive("A1 BAD unknown\r\n")
    #expect(driver.output() == "A2 NOOP\r\n")
  }

  @Test func selectedMailbox() {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    _ = driver.send(.select(.inbox, .plain))
    _ = driver.receive("A1 OK [READ-WRITE] done\r\n")
    #expect(driver.session.state == .selected(.inbox, readOnly: false))
    _ = driver.send(.examine(.inbox, .plain))
    _ = driver.receive("A2 OK done\r\n")
    #expect(driver.session.state == .selected(.inbox, readOnly: true))
    _ = driver.send(.select(.inbox, .plain))
    _ = driver.receive("A3 NO gone\r\n")
    #expect(driver.session.state == .authenticated)
    _ = driver.send(.select(.inbox, .plain))
    _ = driver.receive("A4 OK [READ-ONLY] done\r\n")
    #expect(driver.session.state == .selected(.inbox, readOnly: true))
    _ = driver.send(.unselect)
    _ = driver.receive("A5 OK done\r\n")
    #expect(driver.session.state == .authenticated)
  }

  @Test(arguments: [
    "220 mail ESMTP Postfix", "+OK POP3 ready", "HTTP/1.1 400 Bad Request", "* 5 EXISTS", "",
    "\u{15}\u{3}\u{1}",
  ])
  func whatIsNoIMAPServer(_ line: String) {
    var driver = SessionDriver(greeting: "")
    let evidence = Evidence(line.utf8)
    #expect(
      driver.receive(bytes: Array(line.utf8) + [13, 10]) == .failure(.notAnIMAPServer(evidence)))
    // Once failed, always failed.
    #expect(
      driver.receive(bytes: Array("* OK hi\r\n".utf8)) == .failure(.notAnIMAPServer(evidence)))
  }

  @Test func namesAreUTF8InRev2() {
    var driver = SessionDriver(greeting: "PREAUTH [CAPABILITY IMAP4rev2] hi")
    #expect(driver.session.usesUTF8Names)
    let events = driver.receive("* LIST () \"/\" \"a&-/\u{e9}\"\r\n")
    guard case .list(let entry) = events.first else { return #expect(Bool(false)) }
    #expect(entry.components == ["a&-", "\u{e9}"])
    #expect(driver.session.capabilities?.contains(.uidPlus) == true)
    #expect(driver.session.capabilities?.contains(.condStore) == false)
  }

  @Test func bothRevisionsMeanRev1UntilEnabled() {
    var driver = SessionDriver(greeting: "PREAUTH [CAPABILITY IMAP4rev1 IMAP4rev2] hi")
    #expect(!driver.session.usesUTF8Names)
    _ = driver.send(.enable([.imap4rev2]))
    _ = driver.receive("* ENABLED IMAP4rev2\r\nA1 OK\r\n")
    #expect(driver.session.usesUTF8Names)
  }

  @Test func capabilityDetails() {
    let set = CapabilitySet(
      ["IMAP4rev1", "auth=plain", "AUTH=XOAUTH2", "APPENDLIMIT=35651584"].map { Capability($0) })
    #expect(set.authenticationMechanisms == ["PLAIN", "XOAUTH2"])
    #expect(set.appendLimit == 35_651_584)
    #expect(set.isUsable)
    #expect(!CapabilitySet([Capability("IMAP4")]).isUsable)
  }
}
