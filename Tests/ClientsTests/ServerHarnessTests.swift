import TestSupport
import Testing

/// The private servers of the tests themselves.
@Suite struct ServerHarnessTests {
  @Test(.requires(.courier))
  func `Courier starts, takes users and leaves nothing behind`() throws { try run(.courier) }

  @Test(.requires(.cyrus))
  func `Cyrus starts, takes users and leaves nothing behind`() throws { try run(.cyrus) }

  @Test(.requires(.mailutils))
  func `GNU mailutils starts, takes users and leaves nothing behind`() throws {
    try run(.mailutils)
  }

  private func run(_ kind: ServerKind) throws {
    let server = try kind.start()
    for user in ["alice", "bob"] {
      try server.addUser(user, password: "secret")
      let plain = try PlainIMAP(port: server.imapPort, user: user, password: "secret")
      #expect(try plain.list().contains { $0.name == "INBOX" })
    }
    server.stop()
    #expect(!answers(server.imapPort))
    #expect(throws: TestSystemError.self) { try readBytes(server.caFile) }
  }

  /// Whether the server with these users is there: another test's may have got the port since, which
  /// knows none of them, or takes every password.
  private func answers(_ port: UInt16) -> Bool {
    func takes(_ password: String) -> Bool {
      (try? PlainIMAP(port: port, user: "alice", password: password)) != nil
    }
    return takes("secret") && !takes("wrong")
  }
}
