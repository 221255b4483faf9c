import Platform
import Protocols
import TestSupport
import Testing
import Transport

@testable import Clients

/// A connection to a server that follows a script.
enum ScriptedConnection {
  /// Calls the closure with the connection, and then expects that all was said as the script has it.
  ///
  /// - Parameters:
  ///   - transcript: what both sides say.
  ///   - namespaces: what the user says of the names of mailboxes.
  ///   - body: what is done with the connection, whose greeting has not been read yet.
  /// - Returns: what the closure returns.
  /// - Throws: what the closure throws.
  static func run<Value>(
    _ transcript: String, namespaces: NamespaceChoice = NamespaceChoice(),
    _ body: (IMAPConnection) throws -> Value
  ) throws -> Value {
    let server = try #require(ScriptedServer(Transcript(transcript)))
    // It is gone before the script's end is looked for.
    let value = try body(IMAPConnection(stream(to: server, namespaces)))
    #expect(server.finish().flatMap(\.problems) == [])
    return value
  }

  private static func stream(
    to server: ScriptedServer, _ namespaces: NamespaceChoice
  ) -> ServerStream {
    var account = ServerAccount(
      service: .imap, user: "ada", password: Secret("secret"), host: "script", port: 1,
      security: .plaintextAllowed, trust: .system, timeout: 10, identity: "ada")
    account.namespaces = namespaces
    return ServerStream(
      account: account,
      channel: TCPChannel(
        connected: FileDescriptor(owning: server.clientDescriptor), peer: "script",
        interruption: nil))
  }
}
