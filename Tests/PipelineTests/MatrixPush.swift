import Mail
import TestSupport
import Testing

@testable import Pipeline

/// One cell of the matrix: what came from one server goes to another one.
struct MatrixPush {
  let source: MatrixServer
  let target: MatrixServer
  let archive: String
  let view: ArchiveView
  let directory: TemporaryDirectory

  private var cell: String { "\(source.rawValue) to \(target.rawValue)" }

  func run() async throws {
    let account = try target.newAccount(directory)
    let arriving = view.messages.filter { place($0.mailbox) != nil && kept($0) != nil }
    let refused = view.messages.filter { place($0.mailbox) != nil && kept($0) == nil }
    let lost = view.mailboxes.filter { place($0) == nil }
    expectTable()

    let first = try await push(account)
    // Where the server breaks off, what had arrived by then is found there.
    var counts = first.pushed
    let transferred = counts.removeValue(forKey: "transferred") ?? 0
    #expect(transferred + (counts.removeValue(forKey: "present") ?? 0) == arriving.count, "\(cell)")
    let rest = ["failures": refused.count, "mailboxFailures": lost.count].filter { $0.value > 0 }
    #expect(counts == rest, "\(cell): \(first.failures) \(first.mailboxFailures)")
    #expect(names(first.failures.map(\.file)) == refused.map(\.file).sorted(), "\(cell)")
    let failed = first.mailboxFailures.map { $0.mailbox.components.joined(separator: "/") }
    #expect(failed.sorted() == lost.sorted(), "\(cell)")
    #expect(first.exitStatus == (rest.isEmpty ? .done : .findings), "\(cell)")
    try look(account, arriving)

    let again = try await push(account).pushed
    #expect(again == rest.merging(["present": arriving.count]) { $1 }, "\(cell)")
    try look(account, arriving)
    try compare(account)
  }

  private func push(_ account: AccountBench) async throws -> RunReport {
    // Which of a mailbox and one inside it GNU mailutils takes depends on which comes first.
    try await account.push(archive) { $0.connections = target == .mailutils ? 1 : 2 }
  }

  // MARK: What has to be there

  /// The target's mailbox of what is in one of the archive's; nil where it can have none.
  private func place(_ mailbox: String) -> String? {
    MatrixDifference.name(target, mailbox, among: view.mailboxes)
  }

  /// The content under which the target keeps it, nil where it refuses it.
  private func kept(_ message: ArchiveView.Message) -> [UInt8]? {
    target.kind.kept(message.body)
  }

  private func has(_ effect: MatrixDifference.Effect, _ message: ArchiveView.Message) -> Bool {
    MatrixDifference.of(target, MatrixMail.name(message.date)).contains(effect)
  }

  /// Whether the target gives it back with another content.
  private func isAltered(_ message: ArchiveView.Message) -> Bool {
    kept(message) != message.body
  }

  /// What is expected of a message differs from it only where the table says so.
  private func expectTable() {
    for message in view.messages {
      let name = MatrixMail.name(message.date)
      if isAltered(message) {
        #expect(has(.altered, message) || has(.refused, message), "\(cell): \(name)")
      }
      #expect((kept(message) == nil) == has(.refused, message), "\(cell): \(name)")
      if target.kind.kept(message.flags) != message.flags {
        #expect(has(.withoutKeywords, message), "\(cell): \(name)")
      }
    }
  }

  /// What the independent client sees is what was sent.
  private func look(_ account: AccountBench, _ arriving: [ArchiveView.Message]) throws {
    var wanted: Matrix.Held = [:]
    for message in arriving {
      let one = ExpectedMessage(
        body: kept(message) ?? [], date: message.date, flags: target.kind.kept(message.flags))
      wanted[place(message.mailbox) ?? "", default: [:]][one, default: 0] += 1
    }
    let found = try Matrix.held(target, account)
    try expectSame(wanted, found.messages, cell)
    let names = MatrixDifference.names(target, view.mailboxes)
    #expect(Set(found.names.keys) == names, "\(cell)")
    let subscribed = found.names.filter { $0.value && $0.key != "INBOX" }.map(\.key)
    #expect(subscribed == ["Work"], "\(cell)")
  }

  /// `verify` finds all that is there, and names what the table says and no more.
  private func compare(_ account: AccountBench) throws {
    let report = try account.compare(.mail(archive), full: true)
    func files(_ kind: ComparisonFinding.Kind) -> [String] {
      names(report.findings.filter { $0.kind == kind }.map(\.file))
    }
    let missing = view.messages.filter { place($0.mailbox) == nil || kept($0) == nil }
    #expect(files(.missing) == missing.map(\.file).sorted(), "\(cell)")
    let there = view.messages.filter { place($0.mailbox) != nil && kept($0) != nil }
    let altered = there.filter(isAltered).map(\.file)
    let told = files(.altered)
    if target == .mailutils {
      // Which messages get other fields than they had depends on what they had.
      #expect(Set(told).isSuperset(of: altered) && Set(told).isSubset(of: there.map(\.file)))
    } else {
      #expect(told == altered.sorted(), "\(cell)")
    }
    #expect(report.byContent == there.count - told.count, "\(cell)")
    let others = report.findings.filter { ![.missing, .altered].contains($0.kind) }
    #expect(others == [], "\(cell)")
    #expect(report.exitStatus == (missing.isEmpty ? .done : .findings), "\(cell)")
  }

  /// The files' names without their directories, sorted.
  private func names(_ paths: [String?]) -> [String] {
    paths.map { ($0 ?? "").split(separator: "/").last.map { String($0) } ?? "" }.sorted()
  }
}
