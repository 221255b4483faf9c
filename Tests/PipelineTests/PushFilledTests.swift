import Glibc
import TestSupport
import Testing

@testable import Pipeline

/// Other programs filled the target with part of the mail: a push adds exactly the rest.
@Suite(.requiresDovecot) struct PushFilledTests {
  private static let mbsync = "/usr/bin/mbsync"

  @Test(.requires(.dovecot), .programs(mbsync))
  func `mbsync into Dovecot`() async throws { try await filled(on: .dovecot, byMbsync) }

  @Test(.requires(.cyrus), .programs(mbsync))
  func `mbsync into Cyrus`() async throws { try await filled(on: .cyrus, byMbsync) }

  @Test(.requires(.dovecot), .programs("/usr/bin/python3"))
  func `Python's imaplib into Dovecot`() async throws { try await filled(on: .dovecot, byPython) }

  @Test(.requires(.courier), .programs("/usr/bin/python3"))
  func `Python's imaplib into Courier`() async throws { try await filled(on: .courier, byPython) }

  /// Of these every second one is on the target already, and of the twins two of three; beside them
  /// something that is not in the archive.
  private func filled(
    on kind: ServerKind,
    _ fill: (PushServersBench, String, [FixtureMessage]) throws -> Void
  ) async throws {
    let bench = try PushServersBench(kind)
    let all = MailboxFixture.ordinary
    for message in all + [all[8]] {
      try bench.source.plain.append(
        message.body, to: "INBOX", flags: message.flags, date: message.date)
    }
    try await bench.pullSource()
    let own = FixtureMessage(
      name: "own", body: PullBench.message("own"), flags: ["\\Seen"], date: 1_400_000_000)
    let there = all.enumerated().filter { $0.offset.isMultiple(of: 2) || $0.offset == 9 }
      .map(\.element)
    let user = try bench.newUser()
    try fill(bench, user, there + [own])
    #expect(try bench.held(user)["INBOX"]?.count == there.count + 1)

    let rest = all.count + 1 - there.count
    let report = try await bench.push(user)
    #expect(report.exitStatus == .done)
    #expect(
      report.pushed.filter { $0.key != "flags" } == ["transferred": rest, "present": there.count])
    let second = try await bench.push(user)
    #expect(second.pushed == ["present": all.count + 1])
    let subjects = try bench.held(user)["INBOX", default: []].map(\.subject)
    #expect(subjects.sorted() == (all + [all[8], own]).map(\.subject).sorted())
  }

  private func byPython(
    _ bench: PushServersBench, _ user: String, _ messages: [FixtureMessage]
  ) throws {
    let directory = bench.source.directory
    var lines = [
      "import imaplib, time",
      "account = imaplib.IMAP4('127.0.0.1', \(bench.server.imapPort))",
      "account.login('\(user)', 'secret')",
    ]
    for (index, message) in messages.enumerated() {
      let path = directory.file("message\(index)")
      try writeBytes(path, message.body)
      lines.append(
        "assert account.append('INBOX', r'(\(message.flags.joined(separator: " ")))', "
          + "imaplib.Time2Internaldate(\(message.date)), open('\(path)', 'rb').read())[0] == 'OK'")
    }
    lines.append("account.logout()")
    try writeFile(directory.file("fill.py"), lines.joined(separator: "\n") + "\n")
    try runSuccessfully("/usr/bin/python3", [directory.file("fill.py")])
  }

  private func byMbsync(
    _ bench: PushServersBench, _ user: String, _ messages: [FixtureMessage]
  ) throws {
    let root = bench.source.directory.file("near")
    try makeDirectory(root)
    for name in ["INBOX", "INBOX/cur", "INBOX/new", "INBOX/tmp"] {
      try makeDirectory("\(root)/\(name)")
    }
    for (index, message) in messages.enumerated() {
      let path = "\(root)/INBOX/cur/\(1000 + index).x:2,"
      try writeBytes(path, message.body.filter { $0 != 13 })
      try setModificationTime(path, message.date)
    }
    try writeFile(
      root + "/mbsyncrc",
      """
      SyncState *
      CopyArrivalDate yes

      IMAPAccount far
      Host 127.0.0.1
      Port \(bench.server.imapPort)
      User \(user)
      Pass secret
      SSLType None
      AuthMechs LOGIN

      IMAPStore far
      Account far

      MaildirStore near
      Inbox \(root)/INBOX
      Path \(root)/

      Channel all
      Far :far:
      Near :near:
      Pattern INBOX
      Create Far
      Sync Push

      """)
    try runSuccessfully(Self.mbsync, ["-c", root + "/mbsyncrc", "-a"])
  }
}

extension FixtureMessage {
  fileprivate var subject: String {
    PlainMessage(uid: 1, flags: [], date: 0, body: body).subject
  }
}
