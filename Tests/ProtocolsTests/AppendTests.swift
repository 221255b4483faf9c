import Mail
import Testing

@testable import Protocols

/// APPEND with and without waiting.
@Suite struct AppendTests {
  private let tag = CommandTag(number: 1)

  @Test func multiAppendWithLiteralPlus() {
    var driver = SessionDriver(greeting: "PREAUTH [CAPABILITY LITERAL+ MULTIAPPEND] hi")
    #expect(driver.session.beginAppend(.inbox) == tag)
    let first = driver.session.appendMessage(
      flags: Flags([.seen]), internalDate: InternalDate(epochSeconds: 0), size: 10_000,
      literal8: false)
    #expect(first == .streamNow)
    #expect(
      driver.output()
        == "A1 APPEND \"INBOX\" (\\Seen) \"01-Jan-1970 00:00:00 +0000\" {10000+}\r\n")
    driver.session.endMessage()
    let second = driver.session.appendMessage(
      flags: Flags(), internalDate: nil, size: 0, literal8: true)
    #expect(second == .streamNow)
    #expect(driver.output() == " ~{0+}\r\n")
    driver.session.endMessage()
    driver.session.finishAppend()
    #expect(driver.output() == "\r\n")
    #expect(driver.session.beginAppend(.inbox) == CommandTag(number: 2))
    let events = driver.receive("A1 OK [APPENDUID 7 12,10:11] done\r\n")
    let list = UIDList(ranges: [12...12, 10...11])
    #expect(
      events == [
        .completed(tag, .ok, ResponseText(code: .appendUID(UIDValidity(7), list), text: "done"))
      ])
    #expect(Array(list) == [uid(12), uid(10), uid(11)])
    #expect(driver.session.outstanding == [CommandTag(number: 2): .append])
  }

  @Test func synchronisingAppend() {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    _ = driver.session.beginAppend(.inbox)
    let literal = driver.session.appendMessage(
      flags: Flags(), internalDate: nil, size: 5, literal8: false)
    #expect(literal == .waitForContinuation)
    #expect(driver.output() == "A1 APPEND \"INBOX\" {5}\r\n")
    #expect(driver.session.appendProgress == .waiting)
    #expect(
      driver.receive("* 5 EXISTS\r\n+ OK\r\n") == [
        .exists(5), .continuation(ResponseText(code: nil, text: "OK")),
      ])
    #expect(driver.session.appendProgress == .streaming)
    driver.session.endMessage()
    driver.session.finishAppend()
    #expect(driver.output() == "\r\n")
    #expect(driver.send(.noop) == "A2 NOOP\r\n")
  }

  @Test func refusedInsteadOfContinuation() {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    _ = driver.session.beginAppend(.inbox)
    _ = driver.session.appendMessage(flags: Flags(), internalDate: nil, size: 5, literal8: false)
    _ = driver.output()
    let events = driver.receive("A1 NO [TRYCREATE] no such mailbox\r\n")
    #expect(
      events == [.completed(tag, .no, ResponseText(code: .tryCreate, text: "no such mailbox"))])
    #expect(driver.session.appendProgress == .refused)
    driver.session.endMessage()
    driver.session.finishAppend()
    #expect(driver.output().isEmpty)
    #expect(driver.session.outstanding.isEmpty)
    #expect(driver.send(.noop) == "A2 NOOP\r\n")
  }

  @Test func refusedAtTheSecondMessage() {
    var driver = SessionDriver(greeting: "PREAUTH [CAPABILITY LITERAL- MULTIAPPEND] hi")
    _ = driver.session.beginAppend(.inbox)
    let small = driver.session.appendMessage(
      flags: Flags(), internalDate: nil, size: 4096, literal8: false)
    #expect(small == .streamNow)
    driver.session.endMessage()
    let large = driver.session.appendMessage(
      flags: Flags(), internalDate: nil, size: 4097, literal8: false)
    #expect(large == .waitForContinuation)
    #expect(driver.output() == "A1 APPEND \"INBOX\" {4096+}\r\n {4097}\r\n")
    _ = driver.receive("A1 NO [OVERQUOTA] full\r\n")
    let third = driver.session.appendMessage(
      flags: Flags(), internalDate: nil, size: 1, literal8: false)
    #expect(third == .refused)
    driver.session.finishAppend()
    #expect(driver.output().isEmpty)
  }

  @Test func endedByTheServerWhileStreaming() {
    var driver = SessionDriver(greeting: "PREAUTH [CAPABILITY LITERAL+] hi")
    _ = driver.session.beginAppend(.inbox)
    _ = driver.session.appendMessage(flags: Flags(), internalDate: nil, size: 5, literal8: false)
    _ = driver.receive("A1 NO [OVERQUOTA] full\r\n")
    // The announced bytes are still due: the server reads them away.
    #expect(driver.session.appendProgress == .streaming)
    driver.session.endMessage()
    let next = driver.session.appendMessage(
      flags: Flags(), internalDate: nil, size: 5, literal8: false)
    #expect(next == .refused)
    _ = driver.output()
    driver.session.finishAppend()
    #expect(driver.output() == "\r\n")
    #expect(driver.session.appendProgress == .none)
  }

  @Test func badMayMeanThatTheServerReadsOnInTheMessage() {
    var driver = SessionDriver(greeting: "PREAUTH [CAPABILITY LITERAL+] hi")
    _ = driver.session.beginAppend(.inbox)
    _ = driver.session.appendMessage(flags: Flags(), internalDate: nil, size: 5, literal8: false)
    _ = driver.receive("A1 BAD what\r\n")
    #expect(driver.session.mayBeOutOfStep)
  }

  @Test func badWithoutFreeLiteralsIsHarmless() {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    _ = driver.session.beginAppend(.inbox)
    _ = driver.session.appendMessage(flags: Flags(), internalDate: nil, size: 5, literal8: false)
    _ = driver.receive("A1 BAD what\r\n")
    #expect(!driver.session.mayBeOutOfStep)
    #expect(driver.session.appendProgress == .refused)
  }

  @Test func appendBehindACommandThatWaits() {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    let odd = RawMailboxName(bytes: [0xe9])
    #expect(driver.send(.subscribe(odd)) == "A1 SUBSCRIBE {1}\r\n")
    _ = driver.session.beginAppend(odd)
    _ = driver.session.appendMessage(flags: Flags(), internalDate: nil, size: 5, literal8: false)
    #expect(driver.output().isEmpty)
    _ = driver.receive("+ go\r\n")
    #expect(driver.session.takeOutput() == [0xe9] + Array("\r\nA2 APPEND {1}\r\n".utf8))
    _ = driver.receive("A1 OK\r\n+ go\r\n")
    #expect(driver.session.takeOutput() == [0xe9] + Array(" {5}\r\n".utf8))
    #expect(driver.session.appendProgress == .waiting)
    _ = driver.receive("+ go\r\n")
    #expect(driver.session.appendProgress == .streaming)
  }

  @Test func aDateThatIMAPCannotWriteIsLeftOut() {
    var driver = SessionDriver(greeting: "PREAUTH [CAPABILITY LITERAL+] hi")
    _ = driver.session.beginAppend(.inbox)
    _ = driver.session.appendMessage(
      flags: Flags(), internalDate: InternalDate(epochSeconds: .max / 2), size: 5, literal8: false)
    #expect(driver.output() == "A1 APPEND \"INBOX\" {5+}\r\n")
  }
}
