import Platform
import Protocols
import TestSupport
import Testing
import Transport

@testable import Clients

/// How a POP3 connection comes to its mailbox, or does not.
@Suite struct POP3LoginTests {
  @Test(
    arguments: [
      (["USER", "SASL PLAIN LOGIN"], ["CAPA", "AUTH PLAIN AGFkYQBzZWNyZXQ=", "CAPA", "STAT"]),
      (["USER"], ["CAPA", "USER ada", "PASS secret", "CAPA", "STAT"]),
      (["SASL LOGIN"], ["CAPA", "AUTH LOGIN", "YWRh", "c2VjcmV0", "CAPA", "STAT"]),
      (nil, ["CAPA", "USER ada", "PASS secret", "CAPA", "STAT"]),
    ] as [([String]?, [String])])
  func `logs in by what is offered, and asks again what the server can`(
    capabilities: [String]?, expected: [String]
  ) throws {
    let bench = try POP3Bench { $0.capabilities = capabilities }
    let connection = try bench.open()
    #expect(try connection.status() == POP3Status(count: 0, octets: 0))
    #expect(bench.server.lines == expected)
    #expect((connection.capabilities == nil) == (capabilities == nil))
  }

  @Test func `in plaintext APOP comes first, and another way only after it`() throws {
    let bench = try POP3Bench { $0.greeting = "+OK ready <1.2@example.org>" }
    _ = try bench.open()
    #expect(bench.server.commands == ["CAPA", "APOP", "CAPA"])
    #expect(!bench.server.lines.joined().contains("secret"))

    bench.server.change {
      $0.lines = []
      $0.loginAnswers = ["-ERR [AUTH] no APOP for you"]
    }
    _ = try bench.open()
    #expect(bench.server.commands == ["CAPA", "APOP", "USER", "PASS", "CAPA"])
  }

  @Test func `a refused password is sent once`() throws {
    let bench = try POP3Bench { $0.capabilities = ["USER", "SASL PLAIN LOGIN"] }
    guard case .loginRefused(.pop3, let text) = try bench.failure(password: "mistaken") else {
      Issue.record("the login was not refused")
      return
    }
    #expect(text == ResponseText(code: .authenticationFailed, text: "wrong"))
    #expect(bench.server.commands == ["CAPA", "AUTH"])
  }

  @Test func `where USER is refused no password goes`() throws {
    let bench = try POP3Bench { $0.withheld = ["USER"] }
    guard case .loginRefused = try bench.failure() else {
      Issue.record("the login was not refused")
      return
    }
    #expect(bench.server.commands == ["CAPA", "USER"])
  }

  @Test(arguments: [
    ("[IN-USE] locked", true), ("[LOGIN-DELAY] wait", true), ("[SYS/TEMP] disk", true),
    ("[SYS/PERM] broken", false), ("[AUTH] wrong", false), ("no code", false),
  ])
  func `what the server says decides whether it is tried again`(
    answer: String, isRetryable: Bool
  ) throws {
    let bench = try POP3Bench { $0.loginAnswers = ["-ERR \(answer)"] }
    #expect(try bench.failure().isRetryable == isRetryable)
    #expect(bench.server.commands == ["CAPA", "USER", "PASS"])
    // Nor does it make a difference in the greeting, save that no code is none for a person.
    bench.server.change { $0.greeting = "-ERR \(answer)" }
    #expect(try bench.failure().isRetryable == (isRetryable || answer == "no code"))
  }

  @Test func `a server that takes no password is not given one`() throws {
    let bench = try POP3Bench { $0.capabilities = ["SASL CRAM-MD5"] }
    guard case .noLoginMechanism(.pop3) = try bench.failure() else {
      Issue.record("there was a way")
      return
    }
    #expect(bench.server.commands == ["CAPA"])
  }

  @Test(arguments: [["USER"], nil])
  func `without STLS no password goes unless plaintext is allowed`(_ offered: [String]?) throws {
    let bench = try POP3Bench {
      $0.capabilities = offered
      $0.withheld = ["STLS"]
    }
    guard case .tlsNotOffered(.pop3) = try bench.failure(.startTLS) else {
      Issue.record("TLS was not missed")
      return
    }
    #expect(bench.server.commands == (offered == nil ? ["CAPA", "STLS"] : ["CAPA"]))
  }

  @Test(arguments: [ConnectionSecurity.startTLS, .plaintextAllowed])
  func `octets behind the answer to STLS end the connection`(_ security: ConnectionSecurity) throws
  {
    let bench = try POP3Bench {
      $0.capabilities = ["STLS", "USER"]
      $0.behindSTLS = "+OK evil\r\n"
    }
    guard case .pop3Violation(.bytesBeforeTLS) = try bench.failure(security) else {
      Issue.record("they were not refused")
      return
    }
    #expect(bench.server.commands == ["CAPA", "STLS"])
  }

  @Test func `a server that offers STLS and can't do it gets no password`() throws {
    let bench = try POP3Bench { $0.capabilities = ["STLS", "USER"] }
    guard case .transport = try bench.failure(.plaintextAllowed) else {
      Issue.record("there was no handshake")
      return
    }
    #expect(bench.server.commands == ["CAPA", "STLS"])
  }

  @Test func `a server that repeats the password is not repeated`() throws {
    let bench = try POP3Bench { $0.loginAnswers = ["-ERR [PASS secret] no PASS secret"] }
    let failure = try bench.failure()
    #expect("\(failure)".contains(Redaction.replacement))
    #expect(!"\(failure)".contains("secret"))
    bench.server.change { $0.loginAnswers = ["what is secret"] }
    #expect(!"\(try bench.failure())".contains("secret"))
  }

  @Test func `words that a line can't hold go in no line`() throws {
    let bench = try POP3Bench()
    guard case .noLoginMechanism = try bench.failure(password: "x\r\nDELE 1") else {
      Issue.record("there was a way")
      return
    }
    #expect(bench.server.commands == ["CAPA"])
  }
}
