import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What is at the source is in the archive, as it is, and the source is as it was.
@Suite(.requiresDovecot) struct PullFaithfulTests {
  static let mailboxes = [
    "Work", "Work/2024", "Work/2024/Deep", "Sent", "Drafts", "&ZeVnLIqe-", "with space",
    "t~ilde", "cur", "Caf&AOk-", "percent%20", "Empty",
  ]

  /// Fills an account with all that is hard to keep.
  private func fill(_ bench: PullBench) throws {
    for name in Self.mailboxes { try bench.plain.create(name) }
    for name in ["INBOX", "Work", "&ZeVnLIqe-"] { try bench.plain.subscribe(name) }
    let all = MailboxFixture.ordinary + MailboxFixture.unusual
    for message in all {
      try bench.plain.append(
        message.body, to: "INBOX", flags: message.flags, date: message.date)
    }
    for (index, name) in Self.mailboxes.dropLast().enumerated() {
      for message in all[index..<index + 3] {
        try bench.plain.append(message.body, to: name, flags: message.flags, date: message.date)
      }
    }
  }

  @Test(.requiresPython, arguments: ArchiveIdentity.Layout.allCases)
  func `everything arrives, and the source only ever hears harmless commands`(
    _ layout: ArchiveIdentity.Layout
  ) async throws {
    let bench = try PullBench()
    try fill(bench)
    let source = try bench.plain.account()
    let report = try await bench.pull(layout: layout)
    #expect(report.exitStatus == .done)
    #expect(report.notices.isEmpty)
    let pulled = try account(in: bench.archive)
    #expect(source.differences(from: pulled) == [])
    #expect(try bench.plain.account() == source)
    try expectHarmless(bench)
  }

  @Test(arguments: [DovecotConfiguration.prefixed])
  func `a namespace's prefix and separator leave no trace`(_ configuration: DovecotConfiguration)
    async throws
  {
    let server = try Dovecot.start(configuration)
    let bench = try PullBench(on: server)
    for name in ["INBOX.Work", "INBOX.Work.a b", "INBOX.Sent"] { try bench.plain.create(name) }
    try bench.plain.subscribe("INBOX.Work.a b")
    try bench.append("one", to: "INBOX.Work.a b", flags: ["\\Seen", "Mine"])
    try bench.append("two")
    let report = try await bench.pull()
    #expect(report.sums == ["transferred": 2])
    let source = try bench.plain.account(prefix: "INBOX.")
    #expect(source.differences(from: try account(in: bench.archive)) == [])
    #expect(Set(report.mailboxes.map(\.name.components)).contains(["Work", "a b"]))
  }

  /// The words of every command that a pull may say.
  private static let harmless: Set<String> = [
    "CAPABILITY", "LOGIN", "AUTHENTICATE", "ID", "NAMESPACE", "ENABLE", "LIST", "LSUB", "STATUS",
    "EXAMINE", "UID FETCH", "UID SEARCH", "UNSELECT", "NOOP", "LOGOUT", "STARTTLS",
  ]

  private func expectHarmless(_ bench: PullBench) throws {
    // The independent client's own sessions say APPEND first; the pull's say nothing of the kind.
    let lines = try bench.server.sessions(of: bench.user)
      .filter { session in session.contains { $0.contains(" ID (\"name\" \"mailarc\")") } }
    #expect(!lines.isEmpty)
    for line in lines.joined() {
      let words = line.split(separator: " ").map { $0.uppercased() }
      guard words.count > 1 else { continue }
      let command = words[1] == "UID" && words.count > 2 ? "UID " + words[2] : words[1]
      #expect(Self.harmless.contains(command), "\(line)")
      #expect(!line.contains("BODY["), "\(line)")
    }
  }

  /// The archive as the independent client would see it, by our own names of mailboxes.
  private func account(in path: String) throws -> PlainAccount {
    let archive = try Archive.open(path: path, for: .reading)
    let view = try ArchiveView(path)
    var found: [String: PlainAccount.Mailbox] = [:]
    let tree = try archive.mailboxes()
    #expect(tree.unreadable.isEmpty)
    for entry in tree.mailboxes {
      let record = archive.table[entry.name]
      let key = entry.name.components.map(ModifiedUTF7.encode).joined(separator: "\n")
      found[key] = PlainAccount.Mailbox(
        isSubscribed: record?.isSubscribed ?? false,
        specialUse: Set((record?.specialUses ?? []).map { $0.rawValue.lowercased() }),
        messages: view.messages.filter {
          $0.mailbox == ArchiveView.name(entry.path, archive.identity.layout)
        }
        .map { PlainMessage(uid: 0, flags: $0.flags, date: $0.date, body: $0.body) })
    }
    return PlainAccount(mailboxes: found)
  }
}
