import Glibc
import TestSupport
import Testing

/// What the program says and with which status it ends when something is wrong, and that the next
/// run goes on.
@Suite(.requiresDovecot) struct PullProgramTests {
  private func pull(
    _ bench: PullBench, url: String? = nil, _ more: [String], archive: String? = nil
  ) throws -> ProcessResult {
    try runProcess(
      builtProgram("mailarc"),
      [
        "pull", url ?? "imap://\(bench.user)@127.0.0.1:\(bench.server.imapPort)",
        archive ?? bench.archive, "--password-file", bench.directory.file("password"),
      ] + more)
  }

  @Test func `a wrong password is tried once and not again`() throws {
    let bench = try PullBench()
    try writeFile(bench.directory.file("password"), "wrong\n")
    let result = try bench.run()
    #expect(result.status == 77)
    #expect(result.errors.contains("Check user name and password"))
    // The server writes its log when the connection is over, which may be a moment later.
    var attempts = 0
    for _ in 0..<500 where attempts == 0 {
      attempts = bench.server.log.split(separator: "\n")
        .count { $0.contains("auth failed") && $0.contains("<\(bench.user)>") }
      if attempts == 0 { usleep(10_000) }
    }
    #expect(attempts == 1)
    #expect(access(bench.archive, F_OK) != 0)
  }

  @Test func `a host that does not exist`() throws {
    let bench = try PullBench()
    let result = try pull(bench, url: "imaps://u@no-such-host.invalid", [])
    #expect([69, 75].contains(result.status))
    #expect(result.errors.contains("no-such-host.invalid"))
  }

  @Test func `a port where nobody listens`() throws {
    let bench = try PullBench()
    let port = try freePorts(1)[0]
    let result = try pull(bench, url: "imaps://u@127.0.0.1:\(port)", [])
    #expect(result.status == 69)
    #expect(result.errors.contains("check the port"))
  }

  @Test(arguments: [["--allow-plaintext"], []])
  func `a certificate that is not trusted`(_ more: [String]) throws {
    let bench = try PullBench()
    let result = try pull(bench, more)
    #expect(result.status == 78)
    #expect(result.errors.contains("certificate"))
    #expect(access(bench.archive, F_OK) != 0)
  }

  @Test func `a certificate for another name`() throws {
    let bench = try PullBench()
    let other = try DovecotCertificates(in: bench.directory.path, names: "DNS:other.example")
    let server = try Dovecot.start(
      {
        var configuration = DovecotConfiguration.usual
        configuration.extra = ["ssl_cert = <\(other.certificate)", "ssl_key = <\(other.key)"]
        return configuration
      }())
    let result = try pull(
      bench, url: "imaps://u@127.0.0.1:\(server.imapsPort)", ["--tls-ca", other.authority])
    #expect(result.status == 78)
    #expect(result.errors.contains("other.example"))
  }

  @Test func `no encryption without consent`() throws {
    let bench = try PullBench()
    let fake = try SourceServer { $0.mailboxes["INBOX"] = .init(messages: SourceBench.messages(1)) }
    let url = "imap://u@127.0.0.1:\(fake.port)"
    let refused = try pull(bench, url: url, [])
    #expect(refused.status == 78)
    #expect(refused.errors.contains("--allow-plaintext"))
    #expect(!fake.lines.contains { $0.contains("LOGIN") })
    #expect(try pull(bench, url: url, ["--allow-plaintext"]).status == 0)
  }

  @Test func `a directory, and a file, that is no archive`() throws {
    let bench = try PullBench()
    try bench.append("m")
    mkdir(bench.archive, 0o755)
    try writeFile(bench.archive + "/letter", "mine")
    for more in [[], ["--dry-run"]] {
      let result = try bench.run(more)
      #expect(result.status == 65)
      #expect(result.errors.contains("not an archive"))
    }
    #expect(try listDirectory(bench.archive) == ["letter"])
    let file = try runProcess(
      builtProgram("mailarc"), bench.arguments(archive: bench.archive + "/letter"))
    #expect(file.status == 65)
  }

  @Test func `the archive of another account`() throws {
    let one = try PullBench()
    let two = try PullBench()
    try one.append("m")
    #expect(try one.run().status == 0)
    let before = try snapshot(one.archive, except: ["/.mailarc/lock"])
    let result = try runProcess(
      builtProgram("mailarc"), two.arguments(archive: one.archive))
    #expect(result.status == 65)
    #expect(result.errors.contains(one.user))
    #expect(changes(before, try snapshot(one.archive, except: ["/.mailarc/lock"])) == [])
  }

  @Test func `an archive that another run holds`() throws {
    let bench = try PullBench()
    try bench.append("m")
    #expect(try bench.run().status == 0)
    let lock = open(bench.archive + "/.mailarc/lock", O_RDWR | O_CLOEXEC)
    defer { close(lock) }
    try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
    let result = try bench.run()
    #expect(result.status == 75)
    #expect(result.errors.contains("in use by"))
  }

  @Test func `a full disk stops the run, and the next one goes on`() throws {
    let bench = try PullBench()
    let body = Array(repeating: "0123456789012345678901234567890123456789\r\n", count: 8_000)
    for index in 0..<6 {
      try bench.plain.append(
        PullBench.message("m\(index)") + Array(body.joined().utf8), to: "INBOX")
    }
    // A limit on the size of files: the journals and five messages fit, the sixth does not.
    try bench.plain.append(
      PullBench.message("large") + Array((body + body).joined().utf8), to: "INBOX")
    let command = bench.arguments().map { "'\($0)'" }.joined(separator: " ")
    let limited = try runProcess(
      "/bin/bash", ["-c", "ulimit -f 512; exec '\(builtProgram("mailarc"))' \(command)"])
    #expect(limited.status == 74, "\(limited.errors)")
    #expect(limited.errors.contains("large") || limited.errors.contains("File too large"))
    #expect(try bench.run().status == 0)
    #expect(try bench.view().messages.count == 7)
    #expect(try listDirectory(bench.archive + "/INBOX/tmp") == [])
  }

  @Test(.enabled("only root may mount") { geteuid() == 0 })
  func `a disk that is too small is told before the pull, and a full one during it`() throws {
    let bench = try PullBench()
    let body = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20) + Array("\r\n".utf8)
    for index in 0..<40 {
      try bench.plain.append(PullBench.message("m\(index)") + body, to: "INBOX")
    }
    mkdir(bench.archive, 0o755)
    let mounted = try runProcess(
      "/bin/mount", ["-t", "tmpfs", "-o", "size=30m", "tmpfs", bench.archive])
    guard mounted.status == 0 else { return }
    defer { _ = try? runProcess("/bin/umount", [bench.archive]) }
    let before = try bench.run()
    #expect(before.status == 74)
    #expect(before.errors.contains("MiB free"))
    #expect(try ArchiveView(bench.archive).messages.isEmpty)
    // The disk fills up while the pull is under way.
    try runSuccessfully("/bin/mount", ["-o", "remount,size=70m", bench.archive])
    let ballast = bench.archive + "/.mailarc/ballast"
    try bench.plain.create("Empty")
    #expect(try bench.run(["--dry-run"]).status == 0)
    try runSuccessfully("/bin/dd", ["if=/dev/zero", "of=" + ballast, "bs=1M", "count=5"])
    let squeezed = try runProcess(
      "/bin/bash",
      [
        "-c",
        """
        '\(builtProgram("mailarc"))' \(bench.arguments().map { "'\($0)'" }.joined(separator: " ")) &
        dd if=/dev/zero of='\(ballast)' bs=1M count=45 oflag=append conv=notrunc 2>/dev/null
        wait $!
        """,
      ])
    #expect(squeezed.status == 74, "\(squeezed.errors)")
    unlink(ballast)
    #expect(try bench.run().status == 0)
    #expect(try bench.view().messages.count == 40)
    #expect(try bench.run().output.contains("Nothing to do"))
  }

  @Test func `Ctrl-C ends the run cleanly, and the next one goes on`() throws {
    let bench = try PullBench()
    for index in 0..<300 { try bench.append("m\(index)") }
    let proxy = try RecordingProxy(to: bench.server.imapPort)
    let child = try ChildProcess(
      builtProgram("mailarc"),
      [
        "pull", "imap://\(bench.user)@127.0.0.1:\(proxy.port)", bench.archive, "--tls-ca",
        bench.server.caFile, "--password-file", bench.directory.file("password"),
      ])
    // Stopped in the middle of whatever it does once the server has sent a good deal.
    while proxy.recordings.reduce(0, { $0 + $1.fromServer.count }) < 30_000, child.poll() == nil {
      sched_yield()
    }
    child.signal(SIGINT)
    let ending = child.wait()
    #expect(ending == .exited(130) || ending == .exited(0))
    #expect(try bench.run().status == 0)
    #expect(try bench.view().messages.count == 300)
  }
}
