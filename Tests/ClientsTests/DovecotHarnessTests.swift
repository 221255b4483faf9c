import Glibc
import TestSupport
import Testing

@Suite(.requiresDovecot)
struct DovecotHarnessTests {
  @Test(arguments: [DovecotConfiguration.usual, .prefixed])
  func `starts, takes a user and leaves nothing behind`(_ configuration: DovecotConfiguration)
    throws
  {
    let server = try Dovecot.start(configuration)
    try server.addUser("alice", password: "secret")
    let home = server.home(of: "alice")
    #expect(access(home, F_OK) == 0)
    server.stop()
    #expect(access(home, F_OK) != 0)
    #expect(throws: TestSystemError.self) { try connectToLoopback(port: server.imapPort) }
  }

  @Test func `says why it does not start`() throws {
    var configuration = DovecotConfiguration.usual
    configuration.extra = ["no_such_setting = yes"]
    let error = #expect(throws: TestSetupError.self) { try Dovecot.start(configuration) }
    #expect(error?.description.contains("no_such_setting") == true)
  }

  @Test func `knows the sessions of each user`() throws {
    let server = try Dovecot.start(.usual)
    for user in ["alice", "ali"] { try server.addUser(user, password: "secret") }
    #expect(try server.sessions(of: "alice") == 0)
    var plain: [PlainIMAP] = []
    for count in 1...3 {
      plain.append(try PlainIMAP(port: server.imapPort, user: "alice", password: "secret"))
      #expect(try server.sessions(of: "alice") == count)
    }
    #expect(try server.sessions(of: "ali") == 0)
    plain.removeFirst()
    try server.waitForSessions(of: "alice", atMost: 2)
    plain = []
    try server.waitForSessions(of: "alice")
    #expect(try server.sessions(of: "alice") == 0)
  }
}
