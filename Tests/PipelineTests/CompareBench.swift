import Clients
import Mail
import Platform
import Protocols
import Synchronization
import TestSupport
import Transport

@testable import Pipeline

/// Nobody looks.
struct NoComparisonObserver: ComparisonObserver {
  func plan(totalMessages: Int, bytes: Int64?) {}
  func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {}
  func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {}
  func ended(_ mailbox: MailboxName) {}
  func finding(_ finding: ComparisonFinding) {}
}

extension PushBench {
  /// What differs between the comparisons of a test.
  struct Comparison {
    var port: UInt16?
    var user: String?
    var host = "127.0.0.1"
    var archive: String?
    var full = false
    var withDeleted = false
    var receipt: String?
    var against: String?
  }

  /// Compares the target with the archive, in this process.
  func compare(_ change: (inout Comparison) -> Void = { _ in }) throws -> ComparisonReport {
    var chosen = Comparison()
    change(&chosen)
    let user = chosen.user ?? self.user
    let account = ServerAccount(
      service: .imap, user: user, password: Secret("secret"), host: "127.0.0.1",
      port: chosen.port ?? server.imapPort, security: .plaintextAllowed,
      trust: .file(path: server.caFile), timeout: 20, identity: user + "@" + chosen.host)
    return try CompareAccount(
      options: CompareOptions(
        subject: chosen.against.map { .receipt($0) } ?? .mail(chosen.archive ?? archive),
        statePath: source.directory.file("state"), mboxDialect: nil, account: account,
        full: chosen.full, withDeleted: chosen.withDeleted, receipt: chosen.receipt,
        retry: RetryPolicy(pauses: [0.01, 0.01])),
      observer: NoComparisonObserver(), interruption: try Interruption()
    ).run()
  }

  /// Compares the archive's own source with it.
  func compareSource(_ change: (inout Comparison) -> Void = { _ in }) throws -> ComparisonReport {
    try compare {
      $0.user = source.user
      $0.port = source.server.imapPort
      change(&$0)
    }
  }

  /// The path of a file beside the archive.
  func beside(_ name: String) -> String { source.directory.file(name) }
}

extension ComparisonReport {
  /// What was found, in one line for comparisons: kinds with how often, and how messages were
  /// recognised.
  var sums: [String: Int] {
    var sums = ["content": byContent, "header": byHeader]
    for (kind, count) in counts { sums[kind.rawValue] = count }
    return sums.filter { $0.value != 0 }
  }

  /// The words of findings of a kind.
  func texts(_ kind: ComparisonFinding.Kind) -> [String] {
    findings.filter { $0.kind == kind }.map(\.text)
  }
}
