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
}
