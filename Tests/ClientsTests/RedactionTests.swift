import Protocols
import Testing
import Transport

@testable import Clients

/// Servers that repeat the password.
@Suite struct RedactionTests {
  private func redaction(_ password: String) -> Redaction {
    Redaction(
      ServerAccount(
        service: .imap, user: "ada", password: Secret(password), host: "script", port: 1,
        security: .plaintextAllowed, trust: .system, timeout: 10, identity: "ada"))
  }

  private static let secret = #"pass"wo\rd-with-length"#
  private static let plain = Base64.encode(Array("\0ada\0\(secret)".utf8))

  @Test(arguments: [
    #"no: LOGIN "ada" "\#(secret)""#, #"no: LOGIN "ada" "pass\"wo\\rd-with-length""#,
    #"no: LOGIN ADA PASS\\"WO\\RD-WITH-LENGTH"#, "tried \(secret.prefix(9))",
    "no: " + String(decoding: Base64.encode(Array(secret.utf8)), as: UTF8.self),
    "no: AUTHENTICATE PLAIN " + String(decoding: plain, as: UTF8.self),
    String(repeating: "x", count: ResponseText.textLimit - 3) + secret.prefix(3),
  ])
  func `what holds the password is withheld`(_ text: String) {
    let redaction = redaction(Self.secret)
    let words = ResponseText(code: .other(name: "X", arguments: text), text: text)
    let expected = ResponseText(
      code: text.utf8.count < ResponseText.textLimit ? nil : words.code, text: Redaction.replacement
    )
    #expect(redaction.clean(words) == expected)
    #expect(
      redaction.clean(IMAPEvent.untaggedStatus(.bye, words)) == .untaggedStatus(.bye, expected))
  }

  @Test(arguments: ["", "pass", "Authentication failed.", "no such user ada"])
  func `other words are shown`(_ text: String) {
    let words = ResponseText(code: .authenticationFailed, text: text)
    #expect(redaction(Self.secret).clean(words) == words)
    #expect(redaction("").clean(words) == words)
  }

  @Test func `what can't be understood is withheld too, cut as it is`() {
    let line = "a1 LOGIN ada " + String(repeating: "x", count: Evidence.limit - 16) + "pas"
    let error = redaction(Self.secret).clean(IMAPError.notAnIMAPServer(Evidence(line.utf8)))
    #expect(!"\(error)".contains("pas\""))
    guard case .notAnIMAPServer(let evidence) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(evidence.description == Redaction.replacement)
  }
}
