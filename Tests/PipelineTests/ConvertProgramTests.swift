import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What the command refuses, what it reports, and with which status it ends.
struct ConvertProgramTests {
  private func filled() throws -> ConvertBench {
    let bench = try ConvertBench()
    try bench.fill(["INBOX"], ["one", "two"].map { ConvertBench.plain($0) })
    return bench
  }

  @Test func `one inside the other, and the same, are refused`() throws {
    let bench = try filled()
    let link = bench.directory.file("link")
    symlink(bench.source, link)
    let before = try snapshot(bench.source)
    for to in [bench.source, bench.source + "/x", bench.directory.path, link, link + "/INBOX/x"] {
      let result = try bench.run(to: to)
      #expect(result.status == 64)
      #expect(result.errors.contains("FROM and TO"))
    }
    #expect(changes(before, try snapshot(bench.source)) == [])
  }

  @Test func `a directory with other things, another archive and other mail are refused`() throws {
    let bench = try filled()
    try makeDirectory(bench.target)
    try writeFile(bench.target + "/letter", "mine")
    #expect(try bench.run().status == 65)
    #expect(try listDirectory(bench.target) == ["letter"])
    let archive = bench.directory.file("archive")
    try bench.fill(["INBOX"], [ConvertBench.plain("x")], in: archive)
    let result = try bench.run(to: archive)
    #expect(result.status == 65)
    #expect(result.errors.contains("not converted from this mail"))
    let third = bench.directory.file("third")
    #expect(try bench.run(to: third).status == 0)
    #expect(try bench.run(from: archive, to: third).status == 65)
    #expect(try bench.run(from: bench.directory.file("nothing"), to: third).status == 65)
  }

  @Test func `a layout is needed for a new archive, and stays`() throws {
    let bench = try filled()
    let result = try bench.run([])
    #expect(result.status == 64)
    #expect(result.errors.contains("--layout"))
    #expect(access(bench.target, F_OK) != 0)
    #expect(try bench.run().status == 0)
    #expect(try bench.run([]).status == 0)
    #expect(try bench.run(["--layout", "maildir++"]).status == 64)
  }

  @Test func `an archive that another run writes to is left alone`() throws {
    let bench = try filled()
    do {
      let archive = try Archive.open(path: bench.source, for: .writing)
      let result = try bench.run()
      #expect(result.status == 75)
      withExtendedLifetime(archive) {}
    }
    #expect(try bench.run().status == 0)
    let archive = try Archive.open(path: bench.target, for: .writing)
    #expect(try bench.run().status == 75)
    withExtendedLifetime(archive) {}
  }

  @Test func `a message that can't be read is reported, and the rest goes on`() async throws {
    let bench = try ConvertBench()
    for part in ["", "/cur", "/new"] { try makeDirectory(bench.source + part) }
    try writeFile(bench.source + "/cur/1.a:2,", "Subject: 1\n\n1\n")
    let whole = bench.directory.file("whole")
    try writeFile(whole, "Subject: 2\n\n" + String(repeating: "text \(getpid())\n", count: 9000))
    try runSuccessfully("/bin/gzip", [whole])
    let bytes = try readBytes(whole + ".gz")
    try writeBytes(bench.source + "/cur/2.b:2,", Array(bytes.prefix(bytes.count / 2)))
    try writeFile(bench.source + "/cur/3.c:2,", "Subject: 3\n\n3\n")
    let report = try await bench.convert()
    #expect(report.converted == ["transferred": 2, "failed": 1])
    #expect(report.exitStatus == .findings)
    #expect(report.failures.first?.file?.hasSuffix("/cur/2.b:2,") == true)
    try writeBytes(bench.source + "/cur/2.b:2,", bytes)
    #expect(try await bench.convert().converted == ["transferred": 1, "present": 2])
  }

  @Test func `an unfinished conversion can't be used otherwise`() throws {
    let bench = try filled()
    let killed = try bench.run(
      environment: [
        "MAILARC_KILL_AT_STEP": "1", "MAILARC_KILL_AT_POINT": "convert: before it is complete",
      ])
    #expect(killed.ending == .killed(signal: SIGKILL))
    #expect(throws: StoreError.unfinished(bench.target)) {
      try Archive.open(path: bench.target, for: .writing)
    }
    #expect(try bench.run().status == 0)
    _ = try Archive.open(path: bench.target, for: .writing)
  }

  @Test func `an archive of no account takes no pull`() throws {
    let bench = try ConvertBench()
    for part in ["", "/cur", "/new"] { try makeDirectory(bench.source + part) }
    try writeFile(bench.source + "/cur/1.a:2,", "Subject: 1\n\n1\n")
    #expect(try bench.run().status == 0)
    let password = bench.directory.file("password")
    try writeFile(password, "secret\n")
    chmod(password, 0o600)
    let result = try runProcess(
      builtProgram("mailarc"),
      ["pull", "imap://u@127.0.0.1:1", bench.target, "--password-file", password])
    #expect(result.status == 65)
    #expect(result.errors.contains("not fetched from an account"))
  }

  @Test func `the dialect of an mbox is told, and can be overruled`() throws {
    let bench = try ConvertBench()
    let text = "From a@b Sun Sep 13 12:26:40 2020\nSubject: x\n\n>From here\n"
    try writeFile(bench.source, text)
    let program = builtProgram("mailarc")
    let told = try runProcess(program, ["list", "--explain", bench.source])
    #expect(told.output.contains("mboxo: "), "\(told.output)")
    let forced = ["--mbox-dialect", "mboxrd"]
    let overruled = try runProcess(program, ["list", "--explain", bench.source] + forced)
    #expect(overruled.output.contains("mboxrd"), "\(overruled.output)")
    #expect(try bench.run().status == 0)
    let other = bench.directory.file("other")
    #expect(try bench.run(to: other, ["--layout", "maildir"] + forced).status == 0)
    let contents = try [bench.target, other].map {
      try bench.view($0).values.joined().map { String(decoding: $0.content, as: UTF8.self) }
    }
    #expect(contents == [["Subject: x\n\n>From here\n"], ["Subject: x\n\nFrom here\n"]])
  }

  /// A message of this size has no room in the memory that the shell allows the program.
  @Test func `a message that is larger than the memory is converted, and back`() throws {
    let bench = try ConvertBench()
    let line = String(repeating: "0123456789abcdef", count: 4) + "\n"
    let body = String(repeating: line, count: (72 << 20) / line.utf8.count)
    try writeFile(
      bench.source, "From a@b Sun Sep 13 12:26:40 2020\nSubject: x\n\n" + body + "\n")
    let back = bench.directory.file("back")
    for (from, to, layout) in [
      (bench.source, bench.target, "maildir"), (bench.target, back, "mbox"),
    ] {
      let result = try runProcess(
        "/bin/sh",
        [
          "-c", "ulimit -d 65536; exec \"$@\"", "sh", builtProgram("mailarc"), "convert", from,
          to, "--layout", layout, "--quiet",
        ])
      #expect(result.status == 0, "\(result.errors)")
    }
    let digests = try [bench.source, bench.target, back].map {
      try bench.digests($0)
    }
    #expect(digests[0].count == 1 && digests[1] == digests[0] && digests[2] == digests[0])
  }
}
