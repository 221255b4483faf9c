import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Connections that are cut where it hurts: what is resumed is neither lost nor doubled.
@Suite(.requiresDovecot) struct PushProxyTests {
  private static let subjects = ["twin", "a", "b", "twin", "c", "twin"]

  private func bench(on server: Dovecot? = nil) async throws -> PushBench {
    try await PushBench.holding(Self.subjects, on: server)
  }

  @discardableResult
  private func push(_ bench: PushBench, _ proxy: RecordingProxy) async throws -> RunReport {
    try await bench.push {
      $0.port = proxy.port
      $0.connections = 1
    }
  }

  /// How many octets a client sends before its first APPEND, without TLS and with this user.
  private func prelude(_ server: Dovecot) async throws -> (before: Int, all: Int) {
    let bench = try await bench(on: server)
    let proxy = try RecordingProxy(to: bench.server.imapPort)
    try await push(bench, proxy)
    let bytes = try #require(proxy.recordings.first).fromClient
    let append = try #require(bytes.firstRange(of: Array(" APPEND ".utf8)))
    return (append.lowerBound, bytes.count)
  }

  /// Without TLS, so that the proxy sees what is said.
  private func plainServer() throws -> Dovecot {
    var configuration = DovecotConfiguration.usual
    configuration.extra = ["ssl = no"]
    return try Dovecot.start(configuration)
  }

  @Test func `cut after any number of the client's octets, nothing is lost or doubled`()
    async throws
  {
    let server = try plainServer()
    let octets = try await prelude(server)
    let span = octets.all - octets.before
    // In the APPEND's line, in the first literal, between two messages, in the last line, behind it.
    let places = [3, 20, 60, 90, 200, 300, 500, span / 2, span - 60, span - 20, span - 9, span - 1]
    for (index, place) in places.enumerated() {
      let bench = try await bench(on: server)
      let proxy = try RecordingProxy(to: server.imapPort)
      proxy.cut(
        connection: 1, .afterClientOctets(octets.before + place),
        ending: index.isMultiple(of: 2) ? .endOfStream : .reset)
      let report = try await push(bench, proxy)
      #expect(report.exitStatus == .done, "cut at \(place): \(report)")
      #expect(try bench.subjects() == Self.subjects, "cut at \(place)")
      let again = try await bench.push()
      #expect(again.pushed == ["present": Self.subjects.count], "cut at \(place)")
    }
    withExtendedLifetime(server) {}
  }

  @Test(arguments: ["UIDPLUS MULTIAPPEND LITERAL+", "MULTIAPPEND LITERAL+", "LITERAL+", ""])
  func `cut before the answer arrives, nothing is lost or doubled`(_ capabilities: String)
    async throws
  {
    var configuration = DovecotConfiguration.usual
    configuration.extra = [
      "ssl = no", "imap_capability = IMAP4rev1 UNSELECT ESEARCH \(capabilities)",
    ]
    let server = try Dovecot.start(configuration)
    let bench = try await bench(on: server)
    let proxy = try RecordingProxy(to: server.imapPort)
    // All that was appended is there, and the client never hears of it.
    proxy.cut(connection: 1, .afterClientText("Text of twin.\r\n"))
    proxy.cut(connection: 2, .afterClientText("Text of c.\r\n\r\n"))
    let report = try await push(bench, proxy)
    #expect(report.exitStatus == .done, "\(report)")
    #expect(try bench.subjects().sorted() == Self.subjects.sorted())
    #expect(try await bench.push().pushed == ["present": Self.subjects.count])
    #expect(proxy.recordings.count >= 2)
    withExtendedLifetime(server) {}
  }

  @Test func `cut while the mailboxes are listed, and while messages are moved, it goes on`()
    async throws
  {
    let server = try plainServer()
    let bench = try await bench(on: server)
    try bench.source.plain.create("Work")
    try bench.source.append("w", to: "Work")
    try await bench.pull()
    for text in [" LIST ", " APPEND "] {
      let proxy = try RecordingProxy(to: server.imapPort)
      proxy.cut(connection: 1, .afterClientText(text))
      #expect(try await push(bench, proxy).exitStatus == .done, "cut after \(text)")
    }
    let name = try bench.file("a")
    try bench.rename(
      name, bench.archive + "/Work/cur/" + String(name.split(separator: "/").last ?? ""))
    let proxy = try RecordingProxy(to: server.imapPort)
    proxy.cut(connection: 1, .afterClientText(" MOVE "))
    let report = try await push(bench, proxy)
    #expect(report.exitStatus == .done)
    #expect(report.pushed["transferred"] == nil)
    #expect(try bench.subjects() == Self.subjects.filter { $0 != "a" })
    #expect(try bench.subjects("Work") == ["w", "a"])
  }

  @Test func `a server that is never reached is an account's failure, with nothing begun`()
    async throws
  {
    let bench = try await bench()
    let proxy = try RecordingProxy(to: bench.server.imapPort)
    for number in 1...12 { proxy.cut(connection: number, .atOnce) }
    let report = try await push(bench, proxy)
    #expect(report.accountFailure?.cause == .connectionLost)
    #expect(report.exitStatus == .tryAgain)
    #expect(try bench.subjects() == [])
  }
}
