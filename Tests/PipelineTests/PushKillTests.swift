import Glibc
import Mail
import Platform
import TestSupport
import Testing

@testable import Pipeline

/// Killed wherever it may die and run again, a push ends as one that nobody disturbed.
@Suite(.requiresDovecot) struct PushKillTests {
  /// A server that offers less than it could.
  struct Offer: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let capabilities: String?

    static let all = [
      Offer(testDescription: "everything", capabilities: nil),
      Offer(testDescription: "no UIDPLUS", capabilities: usual + "MULTIAPPEND LITERAL+"),
      Offer(testDescription: "no MULTIAPPEND", capabilities: usual + "UIDPLUS LITERAL+"),
      Offer(testDescription: "LITERAL-", capabilities: usual + "UIDPLUS MULTIAPPEND LITERAL-"),
      Offer(testDescription: "nothing", capabilities: "IMAP4rev1"),
    ]

    private static let usual =
      "IMAP4rev1 ID ENABLE NAMESPACE UNSELECT LIST-EXTENDED LIST-STATUS SPECIAL-USE ESEARCH "

    func server() throws -> Dovecot {
      guard let capabilities else { return try SharedDovecot.get() }
      var configuration = DovecotConfiguration.usual
      configuration.extra = ["imap_capability = \(capabilities)"]
      return try Dovecot.start(configuration)
    }
  }

  @Test(arguments: Offer.all)
  func `a first push that is killed at any step comes to the same end`(_ offer: Offer) async throws
  {
    let server = try offer.server()
    let bench = try PushBench(on: server)
    try fill(bench.source)
    try await bench.pull()
    try await bench.push()
    let expected = try bench.plain.account()
    #expect(try bench.source.plain.account().differences(from: expected) == [])
    let steps = try await PushKills(bench: bench).atEveryStep(expected) { _ in }
    #expect(steps > 30)
  }

  @Test func `a later push with edits on both sides that is killed at any step does, too`()
    async throws
  {
    let bench = try PushBench()
    try fill(bench.source)
    try await bench.pull()
    let kills = PushKills(bench: bench, options: ["--resend-deleted"])
    let reference = try kills.copy("reference", user: bench.user)
    try await change(bench, reference)
    let done = try kills.run(reference)
    #expect(done.status == 0, "\(done.errors)")
    let expected = try bench.plain.account()
    #expect(
      try bench.subjects().sorted()
        == ["drop1", "i1", "i2", "i3", "new", "own", "twin", "twin", "twin"])
    let steps = try await kills.atEveryStep(expected) {
      try await change(bench, $0)
    }
    #expect(steps > 15)
  }

  @Test func `two mailboxes that go into one, killed at any step, come to the same end`()
    async throws
  {
    var configuration = DovecotConfiguration.usual
    configuration.specialUse = ["Sent Items": #"\Sent"#]
    let server = try Dovecot.start(configuration)
    let bench = try PushBench(on: server)
    for name in ["Sent", "Sent Items"] {
      try bench.source.plain.create(name)
      for subject in ["twin", "in \(name)", "twin"] { try bench.source.append(subject, to: name) }
    }
    try await bench.pull()
    try bench.plain.create("Sent Items")
    try await bench.push()
    #expect(
      try bench.subjects("Sent Items").sorted()
        == ["in Sent", "in Sent Items", "twin", "twin", "twin", "twin"])
    let steps = try await PushKills(bench: bench).atEveryStep(try bench.plain.account()) { one in
      try PlainIMAP(port: server.imapPort, user: one.user, password: "secret").create("Sent Items")
    }
    #expect(steps > 10)
    withExtendedLifetime(server) {}
  }

  @Test func `a kill after the last byte of a large batch, and a run at once, double nothing`()
    async throws
  {
    let bench = try PushBench()
    try await bench.pull()
    let subjects = (0..<1000).map { "m\($0 % 900)" }
    for (index, subject) in subjects.enumerated() {
      try bench.drop(subject, as: "\(1_600_000_000 + index).x")
    }
    let kills = PushKills(bench: bench)
    let cases = try ["first", "second"].map { try kills.copy($0) }
    for (index, one) in cases.enumerated() {
      let killed = try runProcess(
        builtProgram("mailarc"), kills.arguments(one),
        environment: [
          "MAILARC_KILL_AT_STEP": "\(index + 1)",
          "MAILARC_KILL_AT_POINT": "push: after the last byte of a batch",
        ])
      #expect(killed.ending == .killed(signal: SIGKILL))
    }
    let again = try cases.map { try ChildProcess(builtProgram("mailarc"), kills.arguments($0)) }
    for (child, one) in zip(again, cases) {
      #expect(child.wait() == .exited(0), "\(String(decoding: child.standardError, as: UTF8.self))")
      let plain = try PlainIMAP(port: bench.server.imapPort, user: one.user, password: "secret")
      #expect(try plain.messages(in: "INBOX").map(\.subject) == subjects)
    }
  }

  @Test func `what a killed run had begun to send again is not forgotten`() async throws {
    let bench = try await PushBench.holding(["one", "two"])
    try await bench.push()
    try bench.expunge(["one"])
    try await bench.push()
    // The archive's stamp has to be old enough for the next runs to skip the mailbox.
    usleep(2_100_000)
    try await bench.push()
    let skipped = try await bench.push()
    #expect(skipped.mailboxes.map(\.skipped) == [true])
    let killed = try runProcess(
      builtProgram("mailarc"), bench.arguments(["--resend-deleted"]),
      environment: [
        "MAILARC_KILL_AT_STEP": "1", "MAILARC_KILL_AT_POINT": "push: before an APPEND",
      ])
    #expect(killed.ending == .killed(signal: SIGKILL))
    let report = try await bench.push()
    #expect(report.pushed == ["transferred": 1, "present": 1])
    #expect(try bench.subjects() == ["two", "one"])
  }

  // MARK: Cases

  /// A dozen messages in three mailboxes, twins among them, some with literals over 4096 octets.
  private func fill(_ bench: PullBench) throws {
    for name in ["Work", "Work/2024"] {
      try bench.plain.create(name)
      try bench.plain.subscribe(name)
    }
    for index in 0..<4 { try bench.append("i\(index)", flags: ["\\Seen", "Key\(index)"]) }
    for _ in 0..<2 { try bench.append("twin", flags: ["Twin"]) }
    for index in 0..<2 { try bench.append("drop\(index)") }
    try bench.plain.append(
      MailboxFixture.ordinary[1].body, to: "Work", flags: ["\\Flagged"], date: 1_000_000_001)
    for _ in 0..<2 { try bench.append("work twin", to: "Work") }
    try bench.append("last", to: "Work/2024", flags: ["\\Draft"], date: 1_111_111_111)
  }

  /// What happens between a first push and the one that is killed.
  private func change(_ bench: PushBench, _ one: PushKills.Case) async throws {
    try await bench.push {
      $0.user = one.user
      $0.archive = one.archive
    }
    let plain = try PlainIMAP(port: bench.server.imapPort, user: one.user, password: "secret")
    let own = try plain.messages(in: "INBOX")
    let doomed = own.filter { ["drop1", "i3"].contains($0.subject) }.map { "\($0.uid)" }
    try plain.select("INBOX")
    try plain.store(doomed.joined(separator: ","), "+FLAGS (\\Deleted)")
    try plain.expunge()
    try plain.append(PullBench.message("own"), to: "INBOX", date: 1_300_000_000)
    let view = try ArchiveView(one.archive)
    let inbox = one.archive + "/INBOX/cur/"
    unlink(inbox + (try view.message("drop0").file))
    let moved = try view.message("i0").file
    try bench.rename(inbox + moved, one.archive + "/Work/cur/" + moved)
    for (subject, letters) in [("i1", ":2,F"), ("i2", ":2,")] {
      let file = try view.message(subject).file
      let base = file.split(separator: ":2,", omittingEmptySubsequences: false)[0]
      try bench.rename(inbox + file, inbox + base + letters)
    }
    for (name, subject) in [("1600000001.a", "new"), ("1600000002.b", "twin")] {
      try bench.drop(subject, as: name, flags: "S", archive: one.archive)
    }
    // drop0 is no longer in the archive, and nobody removes it from the target for that.
    let rest = try plain.messages(in: "INBOX").filter { $0.subject == "drop0" }
    try plain.select("INBOX")
    try plain.store("\(rest.first?.uid ?? 1)", "+FLAGS (\\Deleted)")
    try plain.expunge()
  }
}
