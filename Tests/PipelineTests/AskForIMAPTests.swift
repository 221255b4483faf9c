import Clients
import Platform
import Protocols
import TestSupport
import Testing
import Transport

@testable import Pipeline

/// Whether the host of a POP3 account has IMAP as well.
@Suite(.requiresDovecot) struct AskForIMAPTests {
  private func ask(
    tls: UInt16, startTLS: UInt16, trust: TLSPolicy.Trust = .system
  ) throws -> UInt16? {
    let account = ServerAccount(
      service: .pop3, user: "ada", password: Secret("secret"), host: "127.0.0.1", port: 110,
      security: .tls, trust: trust, timeout: 10, identity: "ada")
    return AskForIMAP(
      account: account, interruption: try Interruption(),
      ports: .init(tls: tls, startTLS: startTLS)
    ).run()
  }

  @Test func `the port where a server of IMAP greets`() throws {
    let dovecot = try SharedDovecot.get()
    let trust = TLSPolicy.Trust.file(path: dovecot.caFile)
    #expect(
      try ask(tls: dovecot.imapsPort, startTLS: dovecot.imapPort, trust: trust)
        == dovecot.imapsPort)
    // Of no use to somebody who trusts its certificate as little as that of POP3.
    #expect(try ask(tls: dovecot.imapsPort, startTLS: 1) == nil)
    #expect(try ask(tls: 1, startTLS: dovecot.imapPort) == dovecot.imapPort)
    #expect(try ask(tls: 1, startTLS: 2) == nil)
  }

  @Test func `whoever answers in another language has no IMAP`() throws {
    let server = try MaildropBench().server
    #expect(try ask(tls: 1, startTLS: server.port) == nil)
    #expect(server.lines == [])
  }
}
