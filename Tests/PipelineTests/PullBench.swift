import Clients
import Glibc
import Mail
import Platform
import Protocols
import Stores
import TestSupport
import Testing
import Transport

@testable import Pipeline

/// One Dovecot for all tests of a pull; each test has its own user.
enum SharedDovecot {
  private static let server = Result { try Dovecot.start(.usual) }

  static func get() throws -> Dovecot { try server.get() }
}

/// A source account and an archive to pull it into, both empty at first.
final class PullBench {
  let server: Dovecot
  let user: String
  let plain: PlainIMAP
  let directory: TemporaryDirectory
  var archive: String { directory.file("archive") }

  init(on own: Dovecot? = nil, inMemory: Bool = false) throws {
    server = try own ?? SharedDovecot.get()
    user = "u" + RandomID.hex(bytes: 6)
    try server.addUser(user, password: "secret")
    plain = try PlainIMAP(port: server.imapPort, user: user, password: "secret")
    directory = try inMemory ? TemporaryDirectory(inMemory: true) : TemporaryDirectory()
    try writeFile(directory.file("password"), "secret\n")
    chmod(directory.file("password"), 0o600)
  }

  /// Adds a message whose content is its subject, and the flags and date given.
  func append(
    _ subject: String, to mailbox: String = "INBOX", flags: [String] = [],
    date: Int = 1_234_567_890
  ) throws {
    try plain.append(Self.message(subject), to: mailbox, flags: flags, date: date)
  }

  static func message(_ subject: String) -> [UInt8] {
    Array(
      ("From: a@example.org\r\nSubject: \(subject)\r\nMessage-ID: <\(subject)@example.org>\r\n"
        + "Date: Mon, 05 Jan 2015 10:00:00 +0900\r\n\r\nText of \(subject).\r\n").utf8)
  }

  /// Pulls in this process.
  @discardableResult
  func pull(
    port: UInt16? = nil, dryRun: Bool = false, accept: Bool = false, refetch: Bool = false,
    prune: Bool = false, layout: ArchiveIdentity.Layout? = nil, connections: Int = 2,
    observer: any RunObserver = NoObserver()
  ) async throws -> RunReport {
    let options = PullOptions(
      source: account(port: port ?? server.imapPort), archivePath: archive,
      layout: layout, connections: connections, dryRun: dryRun, acceptDeletions: accept,
      refetchDeleted: refetch, prune: prune, pruneLimit: prune ? 100 : PruneLimit.standard,
      retry: RetryPolicy(pauses: [0.01, 0.01, 0.01]))
    return await PullPipeline(
      options: options, observer: observer, interruption: try Interruption()
    ).run()
  }

  private func account(port: UInt16) -> ServerAccount {
    ServerAccount(
      service: .imap, user: user, password: Secret("secret"), host: "127.0.0.1", port: port,
      security: .plaintextAllowed, trust: .file(path: server.caFile), timeout: 20,
      identity: user + "@127.0.0.1")
  }

  /// The arguments of a pull by the program itself.
  func arguments(_ more: [String] = [], archive: String? = nil) -> [String] {
    [
      "pull", "imap://\(user)@127.0.0.1:\(server.imapPort)", archive ?? self.archive,
      "--tls-ca", server.caFile, "--password-file", directory.file("password"),
    ] + more
  }

  /// Pulls with the program itself.
  @discardableResult
  func run(_ more: [String] = [], environment: [String: String] = [:]) throws -> ProcessResult {
    try runProcess(builtProgram("mailarc"), arguments(more), environment: environment)
  }

  func view() throws -> ArchiveView { try ArchiveView(archive) }
}

/// An observer that looks away.
struct NoObserver: RunObserver {
  func plan(totalMessages: Int, bytes: Int64?) {}
  func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {}
  func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {}
  func mailboxEnded(_ report: MailboxReport) {}
  func failure(_ failure: MessageFailure) {}
  func mailboxFailed(_ failure: MailboxFailure) {}
  func notice(_ notice: Notice) {}
  func question(_ question: Question) {}
  func planned(_ change: PlannedChange) {}
}

extension RunReport {
  /// The sums over all mailboxes, for comparisons in one line.
  var sums: [String: Int] {
    func sum(_ path: KeyPath<MailboxReport, Int>) -> Int {
      mailboxes.reduce(0) { $0 + $1[keyPath: path] }
    }
    let all = [
      "transferred": sum(\.transferred), "flags": sum(\.flagsUpdated), "moved": sum(\.moved),
      "removed": sum(\.removed), "gone": sum(\.goneAtSource), "deleted": sum(\.deletedByHand),
      "failures": failures.count, "questions": questions.count,
      "mailboxFailures": mailboxFailures.count,
      "stopped \(accountFailure?.summary ?? "")": accountFailure == nil ? 0 : 1,
    ]
    if let accountFailure { Issue.record("stopped: \(accountFailure.summary)") }
    return all.filter { $0.value != 0 }
  }
}
