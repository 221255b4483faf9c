import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Edits of an archive that other programs make; then it is pulled and pushed.
@Suite(.requiresDovecot) struct HandEditProgramsTests {
  private static func installed(_ programs: String...) -> Bool {
    programs.allSatisfy { access("/usr/bin/" + $0, X_OK) == 0 }
  }

  private func filled(_ layout: ArchiveIdentity.Layout) async throws -> (PushBench, ArchiveHand) {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    for index in 0..<5 { try bench.source.append("m\(index)") }
    try bench.source.append("w", to: "Work")
    try await bench.pull(layout: layout)
    #expect(try await bench.push().pushed == ["transferred": 6])
    return (bench, ArchiveHand(archive: bench.archive, layout: layout))
  }

  /// New mail comes and flags change at the source, and all of it is pulled and pushed.
  private func goOn(_ bench: PushBench, pulled: [String: Int], pushed: [String: Int]) async throws {
    try bench.source.append("new")
    try bench.source.plain.select("INBOX")
    try bench.source.plain.store("1", "+FLAGS (\\Answered)")
    let report = try await bench.source.pull()
    #expect(report.questions == [])
    #expect(report.sums == pulled)
    let push = try await bench.push()
    #expect(push.questions == [])
    #expect(push.pushed == pushed)
    #expect(try await bench.source.pull().sums["transferred"] == nil)
    #expect(try await bench.push().pushed.keys.allSatisfy { $0 == "present" })
  }

  @Test(.enabled("mblaze is installed") { installed("mflag", "mrefile", "mdeliver") })
  func `mblaze flags, moves and delivers`() async throws {
    let (bench, hand) = try await filled(.maildir)
    try runSuccessfully("/usr/bin/mflag", ["-F", try bench.file("m0")])
    try runSuccessfully("/usr/bin/mrefile", [try bench.file("m1"), hand.path("Work")])
    try runSuccessfully("/bin/rm", [try bench.file("m2")])
    try runSuccessfully(
      "/bin/sh",
      ["-c", "printf 'Subject: by hand\\n\\nText\\n' | mdeliver \"$1\"", "sh", hand.path("Work")])
    try await goOn(
      bench, pulled: ["transferred": 1, "flags": 1, "deleted": 1],
      pushed: ["transferred": 2, "present": 5, "flags": 1])
    #expect(try bench.subjects("Work").sorted() == ["by hand", "m1", "w"])
    let first = try #require(
      try bench.plain.account().mailboxes["INBOX"]?.messages.first {
        String(decoding: $0.body, as: UTF8.self).contains("Subject: m0\r\n")
      })
    #expect(Set(first.flags.map { $0.lowercased() }) == ["\\answered", "\\flagged"])
  }

  @Test func `sed edits an mbox`() async throws {
    let (bench, hand) = try await filled(.mbox)
    let inbox = hand.path("INBOX")
    try runSuccessfully("/bin/sed", ["-i", "s/^Subject: m3$/Subject: edited/", inbox])
    // And a message goes, from its From line to the next one.
    try runSuccessfully(
      "/usr/bin/python3",
      [
        "-c",
        """
        import sys
        parts = open(sys.argv[1], "rb").read().split(b"\\nFrom ")
        kept = [part for part in parts if b"Subject: m2\\n" not in part]
        open(sys.argv[1], "wb").write(b"\\nFrom ".join(kept))
        """, inbox,
      ])
    try await goOn(
      bench, pulled: ["transferred": 1, "flags": 1, "deleted": 1],
      pushed: ["transferred": 2, "present": 4, "flags": 1])
    // The old copies stay, as nobody asked for --prune.
    #expect(try bench.subjects().sorted() == ["edited", "m0", "m1", "m2", "m3", "m4", "new"])
  }

  @Test func `Dovecot serves it, and flags are set over IMAP`() async throws {
    let (bench, _) = try await filled(.maildir)
    var configuration = DovecotConfiguration.usual
    configuration.location = "maildir:~/copy:LAYOUT=fs:UTF-8:INBOX=~/copy/INBOX"
    let server = try Dovecot.start(configuration)
    try server.addUser("reader", password: "secret")
    let home = server.home(of: "reader")
    let copy = home + "/copy"
    try runSuccessfully("/bin/mv", [bench.archive, copy])
    var status = stat()
    stat(home, &status)
    try runSuccessfully("/bin/chown", ["-R", "\(status.st_uid):\(status.st_gid)", copy])
    let reader = try PlainIMAP(port: server.imapPort, user: "reader", password: "secret")
    try reader.select("INBOX")
    try reader.store("1:2", "+FLAGS (\\Flagged)")
    try reader.store("3", "+FLAGS (\\Seen)")
    try reader.command("LOGOUT")
    try runSuccessfully("/bin/mv", [copy, bench.archive])
    if getuid() == 0 { try runSuccessfully("/bin/chown", ["-R", "0:0", bench.archive]) }
    try await goOn(
      bench, pulled: ["transferred": 1, "flags": 1],
      pushed: ["transferred": 1, "present": 6, "flags": 3])
    let flagged = try ArchiveView(bench.archive).messages.filter { $0.flags.contains("\\flagged") }
    #expect(flagged.count == 2)
    let there = try bench.plain.account().mailboxes["INBOX"]?.messages.filter {
      $0.flags.map { $0.lowercased() }.contains("\\flagged")
    }
    #expect(there?.count == 2)
  }
}
