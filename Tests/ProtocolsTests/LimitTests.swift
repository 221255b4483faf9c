import Testing

@testable import Protocols

/// What a server can't make the session do.
@Suite struct LimitTests {
  static let small = IMAPLimits(
    lineLength: 200, inlineLiteralSize: 100, nestingDepth: 4, streamedLiteralSize: 1000)

  private func failure(_ text: String, byteByByte: Bool) -> IMAPError? {
    var driver = SessionDriver(greeting: "PREAUTH hi", limits: Self.small)
    for chunk in byteByByte ? text.utf8.map({ [$0] }) : [Array(text.utf8)] {
      if case .failure(let error) = driver.receive(bytes: chunk) { return error }
    }
    return nil
  }

  @Test(arguments: [false, true])
  func lineLength(byteByByte: Bool) {
    let fits = "* OK " + String(repeating: "x", count: 193) + "\r\n"
    #expect(fits.utf8.count == 200)
    #expect(failure(fits, byteByByte: byteByByte) == nil)
    let line = "* OK " + String(repeating: "x", count: 194) + "\r\n"
    let expected = IMAPError.lineTooLong(limit: 200, Evidence(line.utf8))
    #expect(failure(line, byteByByte: byteByByte) == expected)
    #expect(failure(line.replacing("\r\n", with: "xxx"), byteByByte: byteByByte) == expected)
  }

  @Test(arguments: [false, true])
  func inlineLiteral(byteByByte: Bool) {
    let name = String(repeating: "x", count: 100)
    #expect(failure("* LIST () NIL {100}\r\n\(name)\r\n", byteByByte: byteByByte) == nil)
    let line = "* LIST () NIL {101}\r\n"
    #expect(
      failure(line + name + "x\r\n", byteByByte: byteByByte)
        == .inlineLiteralTooLarge(announced: 101, limit: 100, Evidence(line.utf8)))
    let huge = "* LIST () NIL {99999999999999999999999}\r\n"
    #expect(
      failure(huge, byteByByte: byteByByte)
        == .inlineLiteralTooLarge(announced: .max, limit: 100, Evidence(huge.utf8)))
  }

  @Test(arguments: [false, true])
  func literalsCountForTheLine(byteByByte: Bool) {
    let name = String(repeating: "x", count: 90)
    let text = "* X {90}\r\n\(name) {90}\r\n\(name) {9}\r\n"
    guard case .lineTooLong(limit: 200, _) = failure(text, byteByByte: byteByByte) else {
      return #expect(Bool(false))
    }
  }

  @Test(arguments: [false, true])
  func streamedLiteral(byteByByte: Bool) {
    let line = "* 1 FETCH (BODY[] {1001}\r\n"
    #expect(
      failure(line, byteByByte: byteByByte)
        == .streamedLiteralTooLarge(announced: 1001, limit: 1000, Evidence(line.utf8)))
    let body = String(repeating: "x", count: 1000)
    #expect(failure("* 1 FETCH (BODY[] {1000}\r\n\(body))\r\n", byteByByte: byteByByte) == nil)
  }

  @Test(arguments: [false, true])
  func nesting(byteByByte: Bool) {
    #expect(failure("* 1 FETCH (X ((((a)))))\r\n", byteByByte: byteByByte) == nil)
    let line = "* 1 FETCH (X (((((a))))))\r\n"
    #expect(
      failure(line, byteByByte: byteByByte)
        == .nestingTooDeep(limit: 4, Evidence(Array(line.utf8).dropLast(2))))
  }

  @Test func hugeSetsTakeNoRoom() {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    _ = driver.send(.noop)
    let events = driver.receive("A1 OK [COPYUID 1 1:4294967295 1:4294967295] x\r\n")
    guard case .completed(_, .ok, let text) = events.first,
      case .copyUID(_, let source, let destination) = text.code
    else { return #expect(Bool(false)) }
    #expect(source.count == 4_294_967_295)
    #expect(destination.first { _ in true } == uid(1))
  }

  @Test func manyLiteralsThatLookLikeBodiesCostLittle() {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    let text = "* 1 FETCH (X (" + String(repeating: "BODY[] {1}\r\na ", count: 200_000) + "))\r\n"
    let events = driver.receive(text)
    #expect(events.count == 1)
  }

  @Test func evidenceIsShortAndSafe() {
    let evidence = Evidence(
      Array("\u{1b}]0;evil\u{7}\\".utf8) + [UInt8](repeating: 0xff, count: 500))
    #expect(evidence.bytes.count == Evidence.limit)
    #expect(evidence.description.hasPrefix("\\1b]0;evil\\07\\5c\\ff"))
  }

  @Test func longTextsAreCut() {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    let long = String(repeating: "x", count: 100_000)
    let events = driver.receive("* OK [X \(long)] \(long)\r\n")
    guard case .untaggedStatus(.ok, let text) = events.first,
      case .other("X", let arguments) = text.code
    else { return #expect(Bool(false)) }
    #expect(text.text.utf8.count == ResponseText.textLimit)
    #expect(arguments.utf8.count == ResponseText.textLimit)
  }
}
