import Platform
import Protocols
import TestSupport
import Testing
import Transport

@testable import Clients

/// A fake POP3 server and connections to it.
struct POP3Bench {
  let server: FakePOP3Server

  init(_ change: (inout FakePOP3Server.State) -> Void = { _ in }) throws {
    server = try FakePOP3Server(change)
  }

  func account(
    _ security: ConnectionSecurity = .plaintextAllowed, password: String = "secret"
  ) -> ServerAccount {
    ServerAccount(
      service: .pop3, user: "ada", password: Secret(password), host: "127.0.0.1",
      port: server.port, security: security, trust: .system, timeout: 10, identity: "ada")
  }

  func open(
    _ security: ConnectionSecurity = .plaintextAllowed, password: String = "secret"
  ) throws -> POP3Connection {
    try POP3Connection.open(
      account(security, password: password), interruption: try Interruption())
  }

  /// What `open` fails with.
  func failure(
    _ security: ConnectionSecurity = .plaintextAllowed, password: String = "secret"
  ) throws -> ClientError {
    try #require(throws: ClientError.self) { try open(security, password: password) }
  }
}

/// What a connection told of messages, in words.
struct POP3Told {
  var lines: [String] = []
  private var text = ""

  mutating func take(_ event: POP3MessageEvent) {
    switch event {
    case .begins(let number): text = "\(number): "
    case .chunk(let bytes): text += String(decoding: bytes, as: UTF8.self)
    case .ends: lines.append(text)
    case .refused(let number, let words): lines.append("\(number) refused: \(words.text)")
    }
  }
}
