import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Names that hold the separator of the target.
@Suite(.requiresDovecot) struct PushNamesTests {
  /// Each mailbox of the archive, as its directory is called, and where its mail is to be.
  private static let slashed = [
    ("a%2Fb", "a_b_"), ("a_b", "a_b"), ("x/y%2Fz", "x/y_z"), ("x/y/z", "x/y/z"), ("d.e", "d.e"),
  ]
  private static let dotted = [
    ("a.b", "INBOX.a_b_"), ("a_b", "INBOX.a_b"), ("x/y.z", "INBOX.x.y_z"),
    ("x/y/z", "INBOX.x.y.z"),
  ]

  private func fill(_ bench: PushBench, _ names: [(String, String)]) async throws {
    try await bench.pull()
    for (path, _) in names {
      let mailbox = bench.archive + "/" + path
      for part in ["cur", "new", "tmp"] {
        try runSuccessfully("/bin/mkdir", ["-p", "\(mailbox)/\(part)"])
      }
      let text = String(decoding: PullBench.message("in " + path), as: UTF8.self)
      try writeFile(mailbox + "/cur/1600000000.x:2,", text.replacing("\r\n", with: "\n"))
    }
  }

  @Test func `a server in memory with a slash`() async throws {
    let bench = try PushBench()
    try await fill(bench, Self.slashed)
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["transferred": 5])
    #expect(report.notices.count == 2)
    for (path, name) in Self.slashed { #expect(server.subjects(name) == ["in " + path]) }
    #expect(try await bench.push(to: server) { $0.full = true }.pushed == ["present": 5])
    #expect(server.appends == 5)
  }

  @Test(arguments: [true, false])
  func `Dovecot with a slash, and with a dot`(_ hasSlash: Bool) async throws {
    let server = hasSlash ? try SharedDovecot.get() : try Dovecot.start(.prefixed)
    let bench = try PushBench(on: server)
    let names = hasSlash ? Self.slashed.filter { $0.0 != "d.e" } : Self.dotted
    try await fill(bench, names)
    let report = try await bench.push()
    #expect(report.pushed == ["transferred": 4])
    #expect(report.notices.count == 2)
    for (path, name) in names { #expect(try bench.subjects(name) == ["in " + path]) }
    #expect(try await bench.push { $0.full = true }.pushed == ["present": 4])
  }
}

// Names that a server refuses for other reasons.
extension PushNamesTests {
  /// Dovecot takes no slash in a name where a dot parts the levels.
  private static let refused = [
    ("a%2Fb", "INBOX.a_b_"), ("a_b", "INBOX.a_b"), ("a%2Fb/deep", "INBOX.a_b.deep"),
    ("plain!", "INBOX.plain!"),
  ]

  @Test func `a name that the server refuses is a plainer one there, now and later`() async throws {
    let bench = try PushBench(on: try Dovecot.start(.prefixed))
    try await fill(bench, Self.refused)
    // A dry run asks for nothing.
    #expect(try await bench.push { $0.dryRun = true }.notices.isEmpty)
    let report = try await bench.push()
    #expect(report.pushed == ["transferred": 4])
    #expect(report.failures.isEmpty)
    #expect(
      Set(report.notices.map(\.text)) == [
        "the target does not take its name; there it is called a_b_",
        "the target does not take its name; there it is called a_b/deep",
      ])
    for (path, name) in Self.refused { #expect(try bench.subjects(name) == ["in " + path]) }
    let comparison = try bench.compare()
    #expect(comparison.exitStatus == .done, "\(comparison.findings)")
    let status = try runProcess(builtProgram("mailarc"), ["status", bench.archive])
    #expect(!status.output.contains("create"), "\(status.output)")
    #expect(try await bench.push().pushed == ["present": 4])
    #expect(try await bench.push { $0.full = true }.pushed == ["present": 4])
    // Nothing there is taken for what the archive has no longer.
    let pruned = try await bench.push { $0.prune = true }
    #expect(pruned.pushed == ["present": 4])
    for (path, name) in Self.refused { #expect(try bench.subjects(name) == ["in " + path]) }
  }

  @Test(arguments: [
    ("Work", nil), ("Grüße", nil), ("R&D (2024), it's a+b=c@d-e", nil), ("v1.0", "v1_0"),
    ("a!b", "a_b"),
    ("a|b;c`d<e>f", "a_b_c_d_e_f"), ("a\"b\\c%d*e", "a_b_c_d_e"), ("a/b", "a_b"), ("~me", "_me"),
    (".hidden", "_hidden"), ("😀 mail", "_ mail"), ("tab\there", "tab_here"),
  ])
  func `what is plain stays`(_ name: String, _ plain: String?) throws {
    let mailbox = try #require(MailboxName(["Top", name]))
    #expect(PlainName.of(mailbox)?.components == plain.map { ["Top", $0] })
  }
}
