import Clients
import Glibc
import Mail
import Platform
import Protocols
import Stores
import TestSupport
import Transport

@testable import Pipeline

/// A source account, the archive that it is pulled into, and an empty account to push that into.
final class PushBench {
  let source: PullBench
  let server: Dovecot
  let user: String
  /// The independent client in the target account.
  let plain: PlainIMAP
  var archive: String { source.archive }
  /// The target's name in state files.
  var identity: String { user + "@127.0.0.1" }

  /// Makes an account for the source and one for the target.
  ///
  /// - Parameters:
  ///   - own: the target's server; the one shared by all tests if nil.
  ///   - sourceServer: likewise for the source.
  /// - Throws: where a server can't be started.
  init(on own: Dovecot? = nil, from sourceServer: Dovecot? = nil) throws {
    source = try PullBench(on: sourceServer)
    server = try own ?? SharedDovecot.get()
    user = try Self.newUser(on: server)
    plain = try PlainIMAP(port: server.imapPort, user: user, password: "secret")
  }

  static func newUser(on server: Dovecot) throws -> String {
    let user = "t" + RandomID.hex(bytes: 6)
    try server.addUser(user, password: "secret")
    return user
  }

  /// A bench whose archive holds these messages in INBOX.
  static func holding(
    _ subjects: [String], on own: Dovecot? = nil, layout: ArchiveIdentity.Layout? = nil
  ) async throws -> PushBench {
    let bench = try PushBench(on: own)
    for subject in subjects { try bench.source.append(subject) }
    try await bench.pull(layout: layout)
    return bench
  }

  /// A bench whose archive got these messages from another program, in this order.
  static func dropping(_ subjects: [String]) async throws -> PushBench {
    let bench = try PushBench()
    try await bench.pull()
    for (index, subject) in subjects.enumerated() {
      try bench.drop(subject, as: "\(1_600_000_000 + index).x")
    }
    return bench
  }

  /// The same, pushed to a server in memory that offers this.
  static func pushed(
    _ subjects: [String], _ capabilities: String = FakeTarget.Behaviour.all
  ) async throws -> (PushBench, FakeTarget) {
    let bench = try await dropping(subjects)
    let server = try FakeTarget(capabilities)
    let report = try await bench.push(to: server)
    guard report.pushed == ["transferred": subjects.count] else {
      throw TestSetupError("\(report.pushed)")
    }
    return (bench, server)
  }

  /// Pulls the source; whatever goes wrong there is not what these tests are about.
  func pull(layout: ArchiveIdentity.Layout? = nil) async throws {
    let report = try await source.pull(layout: layout)
    guard report.exitStatus == .done else { throw TestSetupError("the pull failed: \(report)") }
  }

  // MARK: Pushing

  /// What differs between the pushes of a test.
  struct Options {
    var port: UInt16?
    var user: String?
    var host = "127.0.0.1"
    var archive: String?
    var connections = 2
    var dryRun = false
    var accept = false
    var resend = false
    var withDeleted = false
    var retryRefused = false
    var mend = false
    var full = false
    var prune = false
    var pruneLimit = 100
    var fixDates = false
    var settleSeconds = 0.2
    var timeout = 20.0
    var retry = RetryPolicy(pauses: [0.01, 0.01, 0.01, 0.01])
    var observer: any RunObserver = NoObserver()
  }

  /// Pushes in this process.
  @discardableResult
  func push(_ change: (inout Options) -> Void = { _ in }) async throws -> RunReport {
    var chosen = Options()
    change(&chosen)
    let user = chosen.user ?? self.user
    let account = ServerAccount(
      service: .imap, user: user, password: Secret("secret"), host: "127.0.0.1",
      port: chosen.port ?? server.imapPort, security: .plaintextAllowed,
      trust: .file(path: server.caFile), timeout: chosen.timeout,
      identity: user + "@" + chosen.host)
    let options = PushOptions(
      archivePath: chosen.archive ?? archive, statePath: source.directory.file("state"),
      mboxDialect: nil, target: account, connections: chosen.connections, dryRun: chosen.dryRun,
      acceptDeletions: chosen.accept, resendDeleted: chosen.resend,
      withDeleted: chosen.withDeleted, retryRefused: chosen.retryRefused, mend: chosen.mend,
      full: chosen.full,
      prune: chosen.prune, pruneLimit: chosen.pruneLimit, fixDates: chosen.fixDates,
      retry: chosen.retry, settleSeconds: chosen.settleSeconds)
    return await PushPipeline(
      options: options, observer: chosen.observer, interruption: try Interruption()
    ).run()
  }

  /// Pushes to a server in memory, over one connection.
  @discardableResult
  func push(
    to server: FakeTarget, _ change: (inout Options) -> Void = { _ in }
  ) async throws -> RunReport {
    try await push {
      $0.port = server.port
      $0.connections = 1
      $0.settleSeconds = 0.05
      change(&$0)
    }
  }

  /// The arguments of a push by the program itself.
  func arguments(
    _ more: [String] = [], archive: String? = nil, user: String? = nil, port: UInt16? = nil
  ) -> [String] {
    let target = "imap://\(user ?? self.user)@127.0.0.1:\(port ?? server.imapPort)"
    return ["push", archive ?? self.archive, target] + access(server) + more
  }

  private func access(_ server: Dovecot) -> [String] {
    ["--tls-ca", server.caFile, "--password-file", source.directory.file("password")]
  }

  /// Pushes with the program itself.
  @discardableResult
  func run(_ more: [String] = [], environment: [String: String] = [:]) throws -> ProcessResult {
    try runProcess(builtProgram("mailarc"), arguments(more), environment: environment)
  }

  // MARK: Looking

  /// The subjects in a mailbox of the target, in order.
  func subjects(_ mailbox: String = "INBOX") throws -> [String] {
    try plain.messages(in: mailbox).map(\.subject)
  }

  /// A message of the target.
  func message(_ subject: String, in mailbox: String = "INBOX") throws -> PlainMessage {
    guard let found = try plain.messages(in: mailbox).first(where: { $0.subject == subject }) else {
      throw TestSetupError("no message \(subject) on the target")
    }
    return found
  }

  /// The commands that mailarc's own sessions gave on the target so far.
  func transcript() throws -> [String] { try mailarcLines(server, user) }

  // MARK: Changing

  /// The file of a message in the archive.
  func file(_ subject: String) throws -> String {
    let message = try source.view().message(subject)
    return "\(archive)/\(message.mailbox)/cur/\(message.file)"
  }

  /// Gives a message of the archive other flag letters.
  func flag(_ subject: String, _ letters: String) throws {
    let path = try file(subject)
    let base = path.split(separator: ":2,", omittingEmptySubsequences: false)[0]
    try rename(path, base + ":2," + letters)
  }

  /// Moves a file.
  func rename(_ from: String, _ to: String) throws {
    guard Glibc.rename(from, to) == 0 else { throw TestSystemError("rename", from) }
  }

  /// Puts a message into INBOX of the archive as another program would, with LF, dated by its mtime.
  func drop(_ subject: String, as name: String, flags: String = "", archive: String? = nil) throws {
    let path = "\(archive ?? self.archive)/INBOX/cur/\(name):2,\(flags)"
    let text = String(decoding: PullBench.message(subject), as: UTF8.self)
    try writeFile(path, text.replacing("\r\n", with: "\n"))
    let date = timespec(tv_sec: 1_600_000_000, tv_nsec: 0)
    guard utimensat(AT_FDCWD, path, [date, date], 0) == 0 else {
      throw TestSystemError("utimensat", path)
    }
  }

  /// Removes messages of the target for good.
  func expunge(_ subjects: Set<String>, from mailbox: String = "INBOX") throws {
    let uids = try plain.messages(in: mailbox).filter { subjects.contains($0.subject) }
      .map { "\($0.uid)" }
    try plain.select(mailbox)
    try plain.store(uids.joined(separator: ","), "+FLAGS (\\Deleted)")
    try plain.expunge()
  }
}

/// The commands of sessions that were not the independent client's, whose tags begin with p.
private func mailarcLines(_ server: Dovecot, _ user: String) throws -> [String] {
  try server.transcript(of: user).filter { !$0.hasPrefix("p") }
}

extension PlainMessage {
  /// Its Subject field.
  var subject: String {
    let text = String(decoding: body, as: UTF8.self)
    let line = text.split(separator: "\r\n").first { $0.hasPrefix("Subject: ") }
    return line.map { String($0.dropFirst(9)) } ?? ""
  }
}

extension RunReport {
  /// What a push did, summed over all mailboxes, for comparisons in one line.
  var pushed: [String: Int] {
    func sum(_ path: KeyPath<MailboxReport, Int>) -> Int {
      mailboxes.reduce(0) { $0 + $1[keyPath: path] }
    }
    let all = [
      "transferred": sum(\.transferred), "present": sum(\.alreadyPresent),
      "flags": sum(\.flagsUpdated), "gone": sum(\.goneOnTarget), "collapsed": sum(\.collapsed),
      "removed": sum(\.removed), "dates": sum(\.datesFixed),
      "failures": failures.count, "questions": questions.count,
      "mailboxFailures": mailboxFailures.count, "stopped": accountFailure == nil ? 0 : 1,
    ]
    return all.filter { $0.value != 0 }
  }
}
