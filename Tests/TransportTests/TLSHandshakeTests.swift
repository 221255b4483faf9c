import COpenSSL
import Glibc
import Platform
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(1))) struct TLSHandshakeTests {
  let temporary: TemporaryDirectory
  let authority: TestIdentity
  let trust: TLSPolicy.Trust

  init() throws {
    temporary = try TemporaryDirectory()
    let authority = try TestIdentity.authority()
    self.authority = authority
    try temporary.directory.writeWhole("ca.pem", authority.certificate.span)
    trust = .file(path: temporary.path + "/ca.pem")
  }

  @Test(arguments: [
    ("DNS:localhost", "localhost"), ("DNS:localhost", "LocalHost"), ("DNS:localhost", "localhost."),
    ("DNS:*.example.org", "imap.example.org"), ("DNS:a.test,DNS:b.test", "b.test"),
    ("IP:127.0.0.1", "127.0.0.1"), ("IP:::1", "::1"), ("IP:::1", "0:0:0:0:0:0:0:1"),
  ]) func acceptsTheNamesOfACertificate(names: String, asked: String) async throws {
    let server = TLSTestServer(
      identity: try .server(names, issuer: authority), behaviour: .say("hello"))
    let report = try await handshake(server, asked: asked)
    #expect(report.handshakeDone)
    // An address is never sent as a server name (RFC 6066, section 3).
    let expected = asked.hasSuffix(".") ? String(asked.dropLast()) : asked
    #expect(report.serverName == (names.hasPrefix("IP") ? nil : expected))
  }

  @Test(arguments: [
    ("DNS:localhost", "example.org", "DNS:localhost"),
    ("DNS:*.example.org", "a.b.example.org", "DNS:*.example.org"),
    ("DNS:i*.example.org", "imap.example.org", "DNS:i*.example.org"),
    ("DNS:localhost", "127.0.0.1", "DNS:localhost"),
    ("IP:127.0.0.1", "127.0.0.2", "IP Address:127.0.0.1"),
    ("IP:127.0.0.1", "localhost", "IP Address:127.0.0.1"),
    // A name that looks like an address is not that address.
    ("DNS:127.0.0.1", "127.0.0.1", "DNS:127.0.0.1"),
  ]) func refusesOtherNames(names: String, asked: String, shown: String) async throws {
    let server = TLSTestServer(
      identity: try .server(names, issuer: authority), behaviour: .say("secret"))
    await #expect(
      throws: TransportError.certificateRejected(.wrongName(expected: asked, names: shown))
    ) { try await handshake(server, asked: asked) }
  }

  @Test func refusesACertificateWithoutNames() async throws {
    let server = TLSTestServer(
      identity: try .server(nil, issuer: authority), behaviour: .say("secret"))
    let problem = CertificateProblem.wrongName(expected: "localhost", names: "CN = Test Server")
    await #expect(throws: TransportError.certificateRejected(problem)) {
      try await handshake(server, asked: "localhost")
    }
  }

  @Test(arguments: ["", " ", ".", "a b", "a\0b", "m\u{FC}ller.example", "a\r\nb"])
  func refusesToAskForNoName(asked: String) async throws {
    let server = TLSTestServer(
      identity: try .server("DNS:localhost", issuer: authority), behaviour: .say("secret"))
    let error = await #expect(throws: TransportError.self) {
      try await handshake(server, asked: asked)
    }
    guard case .tlsFailed(.other) = error else {
      Issue.record("not refused as a name: \(String(describing: error))")
      return
    }
  }

  @Test func refusesAnExpiredCertificate() async throws {
    let identity = try TestIdentity.server("DNS:localhost", issuer: authority, days: -20 ... -10)
    let error = await rejection(of: identity)
    guard case .expired(let day) = error else {
      Issue.record("not refused as expired: \(String(describing: error))")
      return
    }
    #expect(day.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil)
  }

  @Test func refusesACertificateOfTheFuture() async throws {
    let identity = try TestIdentity.server("DNS:localhost", issuer: authority, days: 10...20)
    guard case .notYetValid = await rejection(of: identity) else {
      Issue.record("not refused as not yet valid")
      return
    }
  }

  @Test func refusesASelfSignedCertificate() async throws {
    let identity = try TestIdentity.server("DNS:localhost", issuer: nil)
    #expect(await rejection(of: identity) == .selfSigned(subject: "CN = Test Server"))
  }

  @Test func refusesAnUnknownAuthority() async throws {
    let stranger = try TestIdentity.authority("Stranger")
    let identity = try TestIdentity.server("DNS:localhost", issuer: stranger)
    #expect(await rejection(of: identity) == .unknownIssuer(issuer: "CN = Stranger"))
  }

  @Test func refusesAnAuthorityOfTheSameNameWithAnotherKey() async throws {
    let impostor = try TestIdentity.authority()
    let identity = try TestIdentity.server("DNS:localhost", issuer: impostor)
    #expect(await rejection(of: identity) != nil)
  }

  @Test func theSystemDoesNotTrustTheTestAuthority() async throws {
    let identity = try TestIdentity.server("DNS:localhost", issuer: authority)
    let problem = await rejection(of: identity, trust: .system)
    #expect(problem == .unknownIssuer(issuer: "CN = Test Authority"))
  }

  @Test func aServersOwnCertificateInTheFileIsTrusted() async throws {
    for identity in [
      try TestIdentity.server("DNS:localhost", issuer: nil),
      try TestIdentity.server("DNS:localhost", issuer: .authority("Stranger")),
    ] {
      try temporary.directory.writeWhole("own.pem", identity.certificate.span)
      let trust = TLSPolicy.Trust.file(path: temporary.path + "/own.pem")
      let server = TLSTestServer(identity: identity, behaviour: .say("hello"))
      #expect(try await handshake(server, asked: "localhost", trust: trust).handshakeDone)
      let problem = await rejection(of: identity, asked: "other", trust: trust)
      #expect(problem == .wrongName(expected: "other", names: "DNS:localhost"))
    }
  }

  @Test(arguments: [
    ("missing.pem", "No such file or directory"),
    ("empty.pem", "it holds no certificate in PEM form"),
    ("garbage.pem", "it holds no certificate in PEM form"),
    ("key.pem", "it holds no certificate in PEM form"),
  ]) func saysWhatIsWrongWithATrustFile(name: String, reason: String) async throws {
    let directory = temporary.directory
    let empty: [UInt8] = []
    try directory.writeWhole("empty.pem", empty.span)
    try directory.writeWhole("garbage.pem", Array("garbage\n\0\u{1}".utf8).span)
    try directory.writeWhole("key.pem", authority.key.span)
    let path = temporary.path + "/" + name
    let server = TLSTestServer(
      identity: try .server("DNS:localhost", issuer: authority), behaviour: .say("secret"))
    await #expect(throws: TransportError.trustFileUnusable(path: path, reason: reason)) {
      try await handshake(server, asked: "localhost", trust: .file(path: path))
    }
  }

  @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION])
  func refusesVersionsBeforeTLS12(version: Int32) async throws {
    let server = TLSTestServer(
      identity: try .server("DNS:localhost", issuer: authority), behaviour: .say("secret"),
      versions: version...version)
    await #expect(throws: TransportError.tlsFailed(.versionTooOld)) {
      try await handshake(server, asked: "localhost")
    }
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func acceptsVersionsFromTLS12On(version: Int32) async throws {
    let server = TLSTestServer(
      identity: try .server("DNS:localhost", issuer: authority), behaviour: .say("hello"),
      versions: version...version)
    #expect(try await handshake(server, asked: "localhost").handshakeDone)
  }

  @Test(arguments: ["* OK IMAP4rev1 ready\r\n", "+OK POP3\r\n", "HTTP/1.1 400 Bad\r\n\r\n"])
  func aPlaintextServerIsNamedAsSuch(greeting: String) throws {
    let (near, far) = try socketPair()
    let peer = FileDescriptor(owning: far)
    try peer.write(Array(greeting.utf8).span)
    #expect(throws: TransportError.tlsFailed(.notTLS)) { try negotiate(near) }
  }

  @Test func aServerThatClosesDuringTheHandshake() throws {
    let (near, far) = try socketPair()
    shutdown(far, Int32(SHUT_WR))
    let peer = FileDescriptor(owning: far)
    #expect(throws: TransportError.tlsFailed(.closedDuringHandshake)) { try negotiate(near) }
    _ = consume peer
  }

  @Test func aServerThatNeverAnswersTimesOut() throws {
    let (near, far) = try socketPair()
    let peer = FileDescriptor(owning: far)
    #expect(throws: TransportError.timedOut(doing: "negotiating TLS with test")) {
      try negotiate(near, until: .after(seconds: 0.02))
    }
    _ = consume peer
  }

  @Test func anInterruptionEndsTheHandshake() throws {
    let (near, far) = try socketPair()
    let peer = FileDescriptor(owning: far)
    let interruption = try Interruption()
    interruption.interrupt()
    #expect(throws: TransportError.interrupted) { try negotiate(near, interruption) }
    _ = consume peer
  }

  private func negotiate(
    _ socket: Int32, until deadline: Deadline = .after(seconds: 30),
    _ interruption: Interruption? = nil
  ) throws {
    let transport = TCPChannel(
      connected: FileDescriptor(owning: socket), peer: "test", interruption: interruption)
    let policy = TLSPolicy(serverName: "localhost", trust: trust)
    try TLSChannel(over: transport, policy, until: deadline).close()
  }

  private func handshake(
    _ server: TLSTestServer, asked: String, trust: TLSPolicy.Trust? = nil
  ) async throws -> TLSTestServer.Report {
    let policy = TLSPolicy(serverName: asked, trust: trust ?? self.trust)
    return try await exchange(with: server, policy) { _ in }.report
  }

  private func rejection(
    of identity: TestIdentity, asked: String = "localhost", trust: TLSPolicy.Trust? = nil
  ) async -> CertificateProblem? {
    let server = TLSTestServer(identity: identity, behaviour: .say("secret"))
    let error = await #expect(throws: TransportError.self) {
      try await handshake(server, asked: asked, trust: trust)
    }
    guard case .certificateRejected(let problem) = error else { return nil }
    return problem
  }
}

/// Runs a server and a client against each other, each on a thread.
func exchange<Value: Sendable>(
  with server: TLSTestServer, _ policy: TLSPolicy,
  _ client: @escaping @Sendable (TLSChannel) throws -> Value
) async throws -> (report: TLSTestServer.Report, value: Value) {
  let (near, far) = try socketPair()
  async let report = WorkerThread.run(name: "server") { try server.serve(far) }
  let value = try await WorkerThread.run(name: "client") {
    let transport = TCPChannel(
      connected: FileDescriptor(owning: near), peer: "test", interruption: nil)
    let channel = try TLSChannel(over: transport, policy, until: .after(seconds: 30))
    defer { channel.close() }
    return try client(channel)
  }
  return (try await report, value)
}
