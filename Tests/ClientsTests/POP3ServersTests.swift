import Mail
import Platform
import Protocols
import TestSupport
import Testing
import Transport

@testable import Clients

/// POP3 of real servers: what it gives compared with what IMAP gives, and that it takes nothing away.
@Suite(.serialized) struct POP3ServersTests {
  @Test(.requires(.dovecot)) func `Dovecot gives what it gives over IMAP`() throws {
    try run(.dovecot)
  }
  @Test(.requires(.courier)) func `Courier gives what it gives over IMAP`() throws {
    try run(.courier)
  }
  @Test(.requires(.cyrus)) func `Cyrus gives what it gives over IMAP`() throws { try run(.cyrus) }
  @Test(.requires(.mailutils)) func `GNU mailutils gives what it gives over IMAP`() throws {
    try run(.mailutils)
  }

  /// Messages with what a dot, a line end or a buffer could be mistaken for.
  private static let messages: [[UInt8]] = {
    func mail(_ name: String, _ body: String) -> [UInt8] {
      Array("From: ada@example.org\r\nSubject: \(name)\r\n\r\n\(body)".utf8)
    }
    return [
      mail("dots", ".\r\n..\r\n.a\r\n...\r\n. \r\n\r\n.\r\n"),
      mail("ends with a dot", "a\r\n.\r\n"),
      mail("no end", "the last line has none"),
      mail("a dot and no end", "a\r\n."),
      mail("8-bit", "Grüße, こんにちは\r\n") + [0xe9, 0x80, 0xff, 13, 10],
      mail("long line", String(repeating: "x", count: 300_000) + "\r\n.\r\n"),
      mail("no body", ""),
      mail(
        "many lines",
        (0..<4000).map { String(repeating: ".", count: $0 % 5) + "\($0)\r\n" }.joined()),
    ]
  }()

  private func account(
    _ server: any TestServer, _ security: ConnectionSecurity, port: UInt16? = nil,
    password: String = "secret"
  ) -> ServerAccount {
    ServerAccount(
      service: .pop3, user: "ada", password: Secret(password), host: "127.0.0.1",
      port: port ?? server.pop3Port, security: security, trust: .file(path: server.caFile),
      timeout: 60, identity: "ada")
  }

  private func run(_ kind: ServerKind) throws {
    let server = try kind.start()
    defer { server.stop() }
    try server.addUser("ada", password: "secret")
    func imap() throws -> PlainIMAP {
      try PlainIMAP(port: server.imapPort, user: "ada", password: "secret")
    }
    // GNU mailutils has no INBOX before, and loses what is appended to an open mailbox.
    try imap().select("INBOX")
    let filler = try imap()
    for message in Self.messages { try filler.append(message, to: "INBOX") }
    let before = try imap().messages(in: "INBOX")
    #expect(before.count == Self.messages.count)
    try filler.command("LOGOUT")

    let first = try read(server)
    try compare(kind, first.bodies, before.map(\.body))
    #expect(Set(first.uidls).count == Self.messages.count)
    let second = try read(server)
    #expect(second.uidls == first.uidls)
    try compare(kind, second.bodies, first.bodies)

    let after = try imap().messages(in: "INBOX")
    #expect(after.map(\.uid) == before.map(\.uid))
    try compare(kind, after.map(\.body), before.map(\.body))
    if let dovecot = server as? Dovecot {
      let words = try Set(dovecot.pop3Commands(of: "ada"))
      #expect(words == ["CAPA", "STAT", "LIST", "UIDL", "TOP", "RETR", "QUIT"])
    }
    try refuses(server)
  }

  /// Everything that a connection tells of the mailbox.
  private func read(_ server: any TestServer) throws -> (bodies: [[UInt8]], uidls: [UIDL]) {
    let connection = try POP3Connection.open(
      account(server, .startTLS), interruption: try Interruption())
    defer { connection.quit() }
    #expect(connection.isEncrypted)
    #expect(connection.canPipeline)
    let count = try connection.status().count
    let numbers = Array(1...max(count, 1))
    let sizes = try connection.list()
    #expect(sizes.keys.sorted() == numbers)
    let uidls = try #require(try connection.uidls())
    #expect(uidls.map(\.number) == numbers)
    let areConforming = uidls.map(\.uidl.isConforming)
    #expect(!areConforming.contains(false))
    var bodies: [[UInt8]] = []
    func take(_ event: POP3MessageEvent) {
      switch event {
      case .begins: bodies.append([])
      case .chunk(let bytes): bodies[bodies.count - 1] += bytes
      case .ends: break
      case .refused(let number, let text): Issue.record("\(number): \(text)")
      }
    }
    try connection.top(numbers, window: .standard, take)
    let headers = bodies
    bodies = []
    try connection.retrieve(numbers, sizes: sizes, window: .standard, take)
    for (body, header) in zip(bodies, headers) {
      #expect(body.starts(with: header))
      #expect(header.count >= 40)
      #expect(Array(header.suffix(4)) == [13, 10, 13, 10])
    }
    return (bodies, uidls.map(\.uidl))
  }

  /// Compares as multisets, since Courier has an order of its own.
  ///
  /// A message always ends with a line end over POP3. GNU mailutils keeps notes of its own in messages.
  private func compare(_ kind: ServerKind, _ got: [[UInt8]], _ expected: [[UInt8]]) throws {
    func levelled(_ bodies: [[UInt8]]) -> [[UInt8]] {
      bodies.map { body in
        let ended = body.suffix(2).elementsEqual([13, 10]) ? body : body + [13, 10]
        return kind == .mailutils ? Self.withoutNotes(ended) : ended
      }.sorted { $0.lexicographicallyPrecedes($1) }
    }
    #expect(got.count == expected.count)
    for (got, expected) in zip(levelled(got), levelled(expected)) where got != expected {
      let at = zip(got, expected).enumerated().first { $1.0 != $1.1 }?.offset ?? got.count
      let (mine, other) = (Evidence(got.dropFirst(at)), Evidence(expected.dropFirst(at)))
      Issue.record("\(got.count) and \(expected.count) octets, at \(at) \(mine) for \(other)")
    }
  }

  private static let notes = ["X-UIDL: ", "X-IMAPbase: ", "X-UID: ", "Status: "].map {
    Array($0.utf8)
  }

  private static func withoutNotes(_ message: [UInt8]) -> [UInt8] {
    let lines = message.split(separator: 10, omittingEmptySubsequences: false)
    let end = lines.firstIndex(of: [13]) ?? lines.endIndex
    let header = lines[..<end].filter { line in !notes.contains { line.starts(with: $0) } }
    return Array((header + lines[end...]).joined(separator: [10]))
  }

  private func refuses(_ server: any TestServer) throws {
    let error = #expect(throws: ClientError.self) {
      try POP3Connection.open(
        account(server, .startTLS, password: "mistaken"), interruption: try Interruption())
    }
    guard case .loginRefused(.pop3, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(.requires(.dovecot)) func `Dovecot, with TLS from the start`() throws {
    let server = try Dovecot.start(.usual)
    defer { server.stop() }
    try server.addUser("ada", password: "secret")
    let connection = try POP3Connection.open(
      account(server, .tls, port: server.pop3sPort), interruption: try Interruption())
    #expect(try connection.status().count == 0)
    #expect(try connection.uidls()?.isEmpty == true)
    connection.quit()
  }
}
