import Mail
import TestSupport
import Testing

@testable import Protocols

/// A client that keeps to the rules and a server that says whatever it likes.
@Suite struct ConversationFuzzTests {
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func nothingIsStuckOnceAllCommandsHaveEnded(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let extensions = ["", "LITERAL+", "LITERAL-"].randomElement(using: &generator) ?? ""
    var driver = SessionDriver(greeting: "OK [CAPABILITY IMAP4rev1 \(extensions)] hi")
    for _ in 0..<200 {
      if Bool.random(using: &generator) {
        act(&driver.session, using: &generator)
      } else {
        _ = driver.receive(answer(driver.session, using: &generator))
      }
      if Bool.random(using: &generator) { _ = driver.output() }
      if driver.session.state == .logout { break }
    }
    finish(&driver)
    #expect(driver.session.outstanding.isEmpty)
    #expect(!driver.session.output.isHolding)
    _ = driver.output()
    #expect(driver.send(.noop).hasSuffix("NOOP\r\n"))
  }

  /// Does something that is allowed now.
  private func act(
    _ session: inout IMAPSession, using generator: inout some RandomNumberGenerator
  ) {
    if session.awaitsTLS { _ = session.discardBeforeTLS() }
    guard session.append == nil else { return goOn(&session, using: &generator) }
    let odd = RawMailboxName(bytes: [0xe9])
    switch Int.random(in: 0..<7, using: &generator) {
    case 0: _ = session.send(.login(user: "\u{e9}", password: Secret("\u{e9}")))
    case 1: _ = session.send(.startTLS)
    case 2:
      _ = session.send(
        .authenticatePlain(
          authorizationID: "", user: "u", password: Secret("p"),
          initialResponse: Bool.random(using: &generator)))
    case 3: _ = session.send(.select(odd, .plain))
    case 4: _ = session.send(.noop)
    default: _ = session.beginAppend(Bool.random(using: &generator) ? odd : .inbox)
    }
  }

  /// Goes on with the APPEND that is open.
  private func goOn(
    _ session: inout IMAPSession, using generator: inout some RandomNumberGenerator
  ) {
    switch session.appendProgress {
    case .betweenMessages where Bool.random(using: &generator):
      let size = UInt64.random(in: 0...10_000, using: &generator)
      let literal = session.appendMessage(
        flags: Flags(), internalDate: nil, size: size, literal8: false)
      switch literal {
      case .streamNow: #expect(session.appendProgress == .streaming)
      case .waitForContinuation: #expect(session.appendProgress == .waiting)
      case .refused: session.finishAppend()
      }
    case .betweenMessages: session.finishAppend()
    case .streaming: session.endMessage()
    case .waiting, .refused, .none: break
    }
  }

  /// A line from the server: mostly one that fits.
  private func answer(
    _ session: IMAPSession, using generator: inout some RandomNumberGenerator
  ) -> String {
    let tag = session.outstanding.keys.sorted().randomElement(using: &generator)
    let status = ["OK", "OK", "NO", "BAD"].randomElement(using: &generator) ?? "OK"
    switch Int.random(in: 0..<8, using: &generator) {
    case 0...2: return "+ go\r\n"
    case 3...5: return tag.map { "\($0) \(status) done\r\n" } ?? "* OK still here\r\n"
    case 6: return "* CAPABILITY IMAP4rev1 LITERAL-\r\n"
    default: return "A\(Int.random(in: 0..<300, using: &generator)) OK whose\r\n"
    }
  }

  /// Ends all that is open, as an honest pair would.
  private func finish(_ driver: inout SessionDriver) {
    for _ in 0..<1000 {
      if driver.session.awaitsTLS { _ = driver.session.discardBeforeTLS() }
      switch driver.session.appendProgress {
      case .streaming: driver.session.endMessage()
      case .betweenMessages: driver.session.finishAppend()
      default:
        guard let tag = driver.session.outstanding.keys.min() else { return }
        _ = driver.receive("\(tag) NO done\r\n")
      }
    }
  }
}
