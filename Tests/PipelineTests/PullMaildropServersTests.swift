import Clients
import Mail
import Platform
import Protocols
import Stores
import TestSupport
import Testing
import Transport

@testable import Pipeline

/// Pulls over POP3 from real servers, again, and over IMAP into the same archive.
@Suite(.serialized) struct PullMaildropServersTests {
  @Test(.requires(.dovecot)) func `from Dovecot`() async throws { try await run(.dovecot) }
  @Test(.requires(.courier)) func `from Courier`() async throws { try await run(.courier) }
  @Test(.requires(.cyrus)) func `from Cyrus`() async throws { try await run(.cyrus) }
  @Test(.requires(.mailutils)) func `from GNU mailutils`() async throws {
    try await run(.mailutils)
  }

  private func pull(
    _ server: any TestServer, _ service: MailService, _ archive: String
  ) async throws -> RunReport {
    let options = PullOptions(
      source: ServerAccount(
        service: service, user: "ada", password: Secret("secret"), host: "127.0.0.1",
        port: service == .pop3 ? server.pop3Port : server.imapPort, security: .startTLS,
        trust: .file(path: server.caFile), timeout: 60, identity: "ada"),
      archivePath: archive, layout: nil, connections: 1, dryRun: false, acceptDeletions: false,
      refetchDeleted: false, prune: false,
      pruneLimit: PruneLimit.standard, retry: RetryPolicy(pauses: [0.1, 0.5, 1, 2]))
    let report = await PullPipeline(
      options: options, observer: NoObserver(), interruption: try Interruption()
    ).run()
    #expect(report.exitStatus == .done)
    return report
  }

  private func run(_ kind: ServerKind) async throws {
    let server = try kind.start()
    defer { server.stop() }
    try server.addUser("ada", password: "secret")
    func imap() throws -> PlainIMAP {
      try PlainIMAP(port: server.imapPort, user: "ada", password: "secret")
    }
    // GNU mailutils has no INBOX before, and loses what is appended to an open mailbox.
    try imap().select("INBOX")
    let filler = try imap()
    let subjects = (0..<20).map { "m\($0)" } + ["twin", "twin"]
    for subject in subjects { try filler.append(PullBench.message(subject), to: "INBOX") }
    let directory = try TemporaryDirectory(inMemory: true)
    let archive = directory.file("archive")
    func found() throws -> [String] { try ArchiveView(archive).messages.map(\.subject).sorted() }

    #expect(try await pull(server, .pop3, archive).sums == ["transferred": 22])
    #expect(try found() == subjects.sorted())
    #expect(try await pull(server, .pop3, archive).sums == [:])
    try filler.append(PullBench.message("new"), to: "INBOX")
    let hand = try imap()
    try hand.select("INBOX")
    try hand.store("3", "+FLAGS (\\Deleted)")
    try hand.expunge()
    try hand.command("LOGOUT")
    #expect(try await pull(server, .pop3, archive).sums == ["transferred": 1, "gone": 1])
    #expect(try found() == (subjects + ["new"]).sorted())
    // mailutils writes fields into its messages, so that they are others over IMAP.
    guard kind != .mailutils else { return }
    #expect(try await pull(server, .imap, archive).sums["transferred"] == nil)
    #expect(try await pull(server, .pop3, archive).sums["transferred"] == nil)
    #expect(try found() == (subjects + ["new"]).sorted())
  }
}
