import Clients
import Protocols
import Testing

@testable import Pipeline

/// What errors of a connection mean to the user.
@Suite struct FailureConversionTests {
  private func failure(_ error: ClientError) -> Failure { Failure(error, scope: .account) }

  @Test(arguments: [
    (MailService.imap, "imaps://", "IMAP access"), (.pop3, "pop3s://", "POP3 access"),
  ])
  func `advice names the service that was asked for`(
    service: MailService, scheme: String, access: String
  ) throws {
    #expect(failure(.tlsNotOffered(service)).advice?.contains("Use " + scheme) == true)
    #expect(failure(.noLoginMechanism(service)).advice?.contains("(\(scheme))") == true)
    let refused = failure(.loginRefused(service, ResponseText(code: nil, text: "no")))
    #expect(refused.advice?.contains(access) == true)
    #expect(refused.cause == .loginRefused)
  }

  @Test(arguments: [
    (POP3ResponseCode.inUse, FailureCause.throttled), (.loginDelay, .throttled),
    (.sysTemp, .throttled), (.sysPerm, .refused), (.auth, .refused), (.other("X"), .refused),
  ])
  func `codes of POP3 servers tell whether to try again`(
    code: POP3ResponseCode, cause: FailureCause
  ) {
    let text = ResponseText(POP3Reply(isOK: false, code: code, text: "no"))
    let refused = failure(.refused(command: "RETR", .no, text))
    #expect(refused.cause == cause)
    #expect(refused.retryable == (cause == .throttled))
  }

  @Test func `a POP3 server that can't be understood breaks the protocol`() {
    let broken = failure(.pop3Violation(.outOfStep(Evidence("x\u{1b}".utf8))))
    #expect(broken.cause == .protocolViolation)
    #expect(broken.summary.contains("x\\1b"))
    #expect(!broken.retryable)
  }
}
