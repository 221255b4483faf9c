import Glibc
import TestSupport
import Testing

@Suite(.requiresDovecot, .serialized)
struct RecordingProxyTests {
  private func withServer(_ body: (Dovecot, RecordingProxy) throws -> Void) throws {
    let server = try Dovecot.start(.usual)
    defer { server.stop() }
    try server.addUser("alice", password: "secret")
    let proxy = try RecordingProxy(to: server.imapPort)
    defer { proxy.stop() }
    try body(server, proxy)
  }

  private func login(_ proxy: RecordingProxy) throws -> PlainIMAP {
    try PlainIMAP(port: proxy.port, user: "alice", password: "secret")
  }

  @Test func `forwards and records both directions`() throws {
    try withServer { _, proxy in
      try login(proxy).append(Array("A: b\r\n\r\n".utf8), to: "INBOX")
      let recording = try #require(proxy.recordings.first)
      #expect(String(decoding: recording.fromServer, as: UTF8.self).hasPrefix("* OK"))
      #expect(proxy.clientLines == [#"p1 LOGIN "alice" "secret""#, #"p2 APPEND "INBOX" () {8}"#])
      #expect(!recording.wasCut)
    }
  }

  @Test(arguments: [
    RecordingProxy.Cut.atOnce, .afterServerOctets(0), .afterServerOctets(7), .afterClientOctets(5),
    .afterServerText("p1 OK"), .afterClientText("LOGIN \"al"),
  ])
  func `cuts only the connection it was told to, exactly there`(_ cut: RecordingProxy.Cut) throws {
    try withServer { _, proxy in
      proxy.cut(connection: 2, cut, ending: .reset)
      try login(proxy).command("NOOP")
      #expect(throws: (any Error).self) { try login(proxy).command("NOOP") }
      try login(proxy).command("NOOP")
      let recording = proxy.recordings[1]
      #expect(recording.wasCut)
      let server = String(decoding: recording.fromServer, as: UTF8.self)
      let client = String(decoding: recording.fromClient, as: UTF8.self)
      switch cut {
      case .atOnce: #expect(server == "" && client == "")
      case .afterServerOctets(let count): #expect(recording.fromServer.count == count)
      case .afterClientOctets(let count): #expect(recording.fromClient.count == count)
      case .afterServerText(let text): #expect(server.hasSuffix(text))
      case .afterClientText(let text): #expect(client.hasSuffix(text))
      }
    }
  }
}
