import Clients
import Glibc
import Mail
import Platform
import Protocols
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Pipeline

/// Connections that are open while only files are read.
@Suite struct KeepAliveTests {
  private let policy = RetryPolicy(pauses: [0.001], keepAlive: 0.004)

  private func account(_ service: MailService, _ port: UInt16) -> ServerAccount {
    ServerAccount(
      service: service, user: "ada", password: Secret("secret"), host: "127.0.0.1", port: port,
      security: .plaintextAllowed, trust: .system, timeout: 10, identity: "ada")
  }

  private func imap(_ server: SourceServer) throws -> AccountConnection {
    AccountConnection(
      account: account(.imap, server.port), enabling: [], interruption: try Interruption(),
      retry: policy)
  }

  private func noops(_ server: SourceServer) -> Int {
    server.lines.count { $0.hasSuffix("NOOP") }
  }

  private func noops(_ server: FakePOP3Server) -> Int { server.commands.count { $0 == "NOOP" } }

  @Test func `an IMAP server hears of us, and nothing that it tells is lost`() throws {
    let server = try SourceServer {
      $0.mailboxes["INBOX"] = .init(messages: SourceBench.messages(1))
      $0.news = "* 7 EXISTS\r\n"
    }
    let kept = try imap(server)
    _ = try kept.live()
    kept.during { for _ in 0..<10_000 where noops(server) < 3 { usleep(1000) } }
    var told = 0
    try kept.live().run(
      .list(
        reference: RawMailboxName(bytes: []), pattern: RawMailboxName(bytes: []), returning: []),
      "LIST"
    ) { event in
      if case .exists(7) = event { told += 1 }
    }
    #expect(told >= 2)
    #expect(server.change { $0.connections } == 1)
    kept.logout()
  }

  @Test func `a POP3 server hears of us`() throws {
    let server = try FakePOP3Server { _ in }
    let kept = MaildropConnection(
      account: account(.pop3, server.port), interruption: try Interruption(), retry: policy)
    _ = try kept.live()
    kept.during { for _ in 0..<10_000 where noops(server) < 3 { usleep(1000) } }
    #expect(noops(server) >= 3)
    #expect(try kept.live().status().count == 0)
    #expect(server.change { $0.connections } == 1)
  }

  @Test func `where nothing local is done nothing is said`() throws {
    let server = try SourceServer { _ in }
    let kept = try imap(server)
    _ = try kept.live()
    kept.during { for _ in 0..<10_000 where noops(server) < 1 { usleep(1000) } }
    let before = noops(server)
    usleep(20_000)
    #expect(noops(server) == before)
  }

  @Test func `a connection that dies meanwhile is made anew when it is needed`() throws {
    let server = try SourceServer {
      $0.mailboxes["INBOX"] = .init(messages: SourceBench.messages(1))
      $0.news = "* BYE idle for too long\r\n"
    }
    let kept = try imap(server)
    _ = try kept.live()
    kept.during { for _ in 0..<10_000 where noops(server) < 1 { usleep(1000) } }
    let tree = try kept.persist { try $0.listMailboxes() }
    #expect(tree.mailboxes.map(\.name) == [.inbox])
    #expect(server.change { $0.connections } == 2)
  }

  /// It goes on only when a NOOP was heard.
  private final class Listener: RunObserver {
    let server: FakeTarget
    let hasWaited = Mutex(false)

    init(_ server: FakeTarget) { self.server = server }

    func failure(_ failure: MessageFailure) {
      for _ in 0..<10_000 where !hasWaited.withLock({ $0 }) {
        usleep(1000)
        let isHeard = server.lines.contains { $0.hasSuffix("NOOP") }
        hasWaited.withLock { $0 = isHeard }
      }
    }
    func plan(totalMessages: Int, bytes: Int64?) {}
    func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {}
    func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {}
    func mailboxEnded(_ report: MailboxReport) {}
    func mailboxFailed(_ failure: MailboxFailure) {}
    func notice(_ notice: Notice) {}
    func question(_ question: Question) {}
    func planned(_ change: PlannedChange) {}
  }

  /// That a compressed file ends too early is told while it is read.
  @Test func `a push says NOOP while it reads the archive`() async throws {
    let bench = try PushBench()
    let path = bench.source.directory.file("mail.mbox")
    try writeFile(
      path,
      "From a@example.org Tue Nov 14 22:13:20 2023\nSubject: one\n\n\(RandomID.hex(bytes: 900))\n")
    try runSuccessfully("/bin/gzip", ["-n", path])
    #expect(truncate(path + ".gz", 400) == 0)
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    let listener = Listener(server)
    try await bench.push(to: server) {
      $0.archive = path + ".gz"
      $0.observer = listener
      $0.retry = policy
    }
    #expect(listener.hasWaited.withLock { $0 })
  }
}
