import Mail
import TestSupport
import Testing

@testable import Pipeline

/// What was at the source is on the target, as it was, whatever the target calls its mailboxes.
@Suite(.requiresDovecot) struct PushFaithfulTests {
  /// Mailboxes that every namespace here can hold, in components, as on the wire.
  private static let mailboxes = [
    ["Work"], ["Work", "2024"], ["Work", "2024", "Deep"], ["Sent"], ["Drafts"], ["&ZeVnLIqe-"],
    ["with space"], ["t~ilde"], ["cur"], ["Caf&AOk-"], ["percent%20"], ["q\"uote"], ["Empty"],
  ]

  private static func name(_ components: [String], _ configuration: DovecotConfiguration) -> String
  {
    configuration.prefix + components.joined(separator: String(configuration.separator))
  }

  /// Fills a source account with all that is hard to keep.
  private func fill(_ bench: PullBench, _ configuration: DovecotConfiguration) throws {
    let names = Self.mailboxes.map { Self.name($0, configuration) }
    for name in names { try bench.plain.create(name) }
    for name in ["INBOX", names[0], names[5]] { try bench.plain.subscribe(name) }
    let all = MailboxFixture.ordinary + MailboxFixture.unusual
    for message in all {
      try bench.plain.append(message.body, to: "INBOX", flags: message.flags, date: message.date)
    }
    for (index, name) in names.dropLast().enumerated() {
      for message in all[index..<index + 3] {
        try bench.plain.append(message.body, to: name, flags: message.flags, date: message.date)
      }
    }
  }

  @Test func `everything arrives, and a second run moves nothing`() async throws {
    let bench = try PushBench()
    try fill(bench.source, .usual)
    try await bench.pull()
    let report = try await bench.push()
    #expect(report.accountFailure == nil)
    #expect(report.exitStatus == .done)
    #expect(report.notices.isEmpty)
    let source = try bench.source.plain.account()
    let count = source.mailboxes.values.reduce(0) { $0 + $1.messages.count }
    #expect(report.pushed == ["transferred": count])
    #expect(source.differences(from: try bench.plain.account()) == [])
    try expectNothingRemoved(bench)

    let lines = try bench.transcript().count
    let before = try bench.plain.account()
    let second = try await bench.push()
    #expect(second.pushed == ["present": count])
    #expect(second.exitStatus == .done)
    #expect(try bench.plain.account() == before)
    let said = try bench.transcript().dropFirst(lines)
    #expect(!said.isEmpty)
    for word in [" APPEND ", " STORE ", " CREATE ", " SUBSCRIBE "] {
      #expect(!said.contains { $0.contains(word) }, "\(word)")
    }
    try expectNothingRemoved(bench)
  }

  /// No session of mailarc's ever says what would remove the user's own marked messages.
  private func expectNothingRemoved(_ bench: PushBench) throws {
    let lines = try bench.transcript()
    #expect(lines.contains { $0.contains(" APPEND ") })
    for word in ["EXPUNGE", "CLOSE", "DELETE", "RENAME"] {
      #expect(!lines.contains { $0.uppercased().hasSuffix(" " + word) }, "\(word)")
      #expect(!lines.contains { $0.uppercased().contains(" \(word) ") }, "\(word)")
    }
  }

  @Test func `a message that is marked as deleted on the target survives a push`() async throws {
    let bench = try await PushBench.holding(["one", "two"])
    try bench.plain.append(PullBench.message("own"), to: "INBOX", flags: ["\\Deleted"])
    #expect(try await bench.push().pushed == ["transferred": 2])
    #expect(try bench.subjects() == ["own", "one", "two"])
    #expect(try bench.message("own").flags == ["\\deleted"])
  }

  @Test(arguments: [false, true])
  func `separators and prefixes are translated`(_ sourceIsPrefixed: Bool) async throws {
    let prefixed = try Dovecot.start(.prefixed)
    let bench =
      sourceIsPrefixed ? try PushBench(from: prefixed) : try PushBench(on: prefixed)
    let (there, here) = (DovecotConfiguration.prefixed, DovecotConfiguration.usual)
    try fill(bench.source, sourceIsPrefixed ? there : here)
    try await bench.pull()
    let report = try await bench.push()
    #expect(report.exitStatus == .done)
    #expect(report.notices.isEmpty)
    let source = try bench.source.plain.account(prefix: sourceIsPrefixed ? there.prefix : "")
    let target = try bench.plain.account(prefix: sourceIsPrefixed ? "" : there.prefix)
    #expect(source.differences(from: target) == [])
    #expect(try await bench.push().pushed["transferred"] == nil)
    withExtendedLifetime(prefixed) {}
  }

  @Test func `a name with the target's separator is changed, and the same one each time`()
    async throws
  {
    let server = try Dovecot.start(.prefixed)
    var slashed = DovecotConfiguration.usual
    slashed.location = "mbox:~/mail:INBOX=~/inbox"
    let source = try Dovecot.start(slashed)
    let bench = try PushBench(on: server, from: source)
    for name in ["a.b", "a_b", "x/y.z"] {
      try bench.source.plain.create(name)
      try bench.source.append("in \(name)", to: name)
    }
    try await bench.pull()
    let report = try await bench.push()
    #expect(report.pushed == ["transferred": 3])
    #expect(report.notices.count == 2)
    #expect(try bench.subjects("INBOX.a_b") == ["in a_b"])
    #expect(try bench.subjects("INBOX.a_b_") == ["in a.b"])
    #expect(try bench.subjects("INBOX.x.y_z") == ["in x/y.z"])
    let names = try bench.plain.list().map(\.name).sorted()
    #expect(try await bench.push().pushed == ["present": 3])
    #expect(try bench.plain.list().map(\.name).sorted() == names)
    withExtendedLifetime((server, source)) {}
  }

  @Test func `special uses find the target's own mailboxes, and two sources one target`()
    async throws
  {
    var configuration = DovecotConfiguration.usual
    configuration.specialUse = ["Sent Items": #"\Sent"#, "Spam": #"\Junk"#]
    let server = try Dovecot.start(configuration)
    let bench = try PushBench(on: server)
    try bench.plain.create("Sent Items")
    for name in ["Sent", "Junk", "Sent Items"] { try bench.source.plain.create(name) }
    try bench.source.append("twin", to: "Sent")
    try bench.source.append("sent", to: "Sent")
    try bench.source.append("twin", to: "Sent Items")
    try bench.source.append("junk", to: "Junk")
    try await bench.pull()
    let report = try await bench.push()
    #expect(report.pushed == ["transferred": 4])
    #expect(try bench.subjects("Sent Items").sorted() == ["sent", "twin", "twin"])
    // There is no Spam yet, and this server gives a use by name alone.
    #expect(try bench.subjects("Junk") == ["junk"])
    #expect(try bench.plain.list().map(\.name).contains("Sent") == false)
    #expect(try await bench.push().pushed == ["present": 4])
    withExtendedLifetime(server) {}
  }

  @Test func `what was unsubscribed on the target stays so`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    try bench.source.plain.subscribe("Work")
    try bench.source.append("one", to: "Work")
    try await bench.pull()
    try await bench.push()
    #expect(try isSubscribed("Work", bench))
    try bench.plain.command("UNSUBSCRIBE Work")
    try bench.source.append("two", to: "Work")
    try await bench.pull()
    #expect(try await bench.push().pushed == ["transferred": 1, "present": 1])
    #expect(try !isSubscribed("Work", bench))
    // Unless the push did not come to its end, and may not have seen that the server lost it.
    let accounts = bench.archive + "/.mailarc/push/"
    let log = accounts + (try #require(try listDirectory(accounts).first)) + "/runs.journal"
    let lines = try readFile(log).split(separator: "\n")
    #expect(lines.last?.contains(" end ") == true)
    try writeFile(log, lines.dropLast().joined(separator: "\n") + "\n")
    #expect(try await bench.push().pushed == ["present": 2])
    #expect(try isSubscribed("Work", bench))
  }

  private func isSubscribed(_ mailbox: String, _ bench: PushBench) throws -> Bool {
    try bench.plain.account().mailboxes[mailbox]?.isSubscribed == true
  }
}
