import Glibc
import Platform
import TestSupport
import Testing

@Suite struct SpawnedProcessTests {
  private func start(
    _ script: String, environment: [String]? = nil, handing: [Int32: Int32] = [:]
  ) throws -> SpawnedProcess {
    try SpawnedProcess(
      SpawnedProcess.Setup(
        path: "/bin/sh", arguments: ["sh", "-c", script], environment: environment,
        readsNothing: true, capturing: STDERR_FILENO, handing: handing, leadsGroup: true))
  }

  private func errors(_ process: SpawnedProcess) throws -> String {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1024)
    while true {
      _ = try Poller.wait(
        descriptor: process.output.rawValue, for: .read, until: .after(seconds: 30),
        interruption: nil)
      let count = read(process.output.rawValue, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: text, as: UTF8.self) }
      text += buffer.prefix(count)
    }
  }

  @Test func whatItPrintsAndHowItEnds() throws {
    let process = try start("cat; echo \"$ONLY\" >&2; exit 7", environment: ["ONLY=this"])
    #expect(try errors(process) == "this\n")
    #expect(process.wait() == .exited(7))
    #expect(process.poll() == .exited(7))
  }

  @Test func endedBySignals() throws {
    let process = try start("exec sleep 60")
    #expect(process.poll() == nil)
    process.signal(SIGKILL)
    #expect(process.wait() == .killed(signal: SIGKILL))
    process.signal(SIGKILL)
  }

  @Test func getsAFileInMemoryAndCanReadItAgain() throws {
    let file = try FileDescriptor.memoryFile("x", holding: Array("secret".utf8))
    let process = try start(
      "cat /dev/fd/3 /dev/fd/3 >&2; stat -L -c ' %a %F' /dev/fd/3 >&2",
      handing: [file.rawValue: 3])
    #expect(try errors(process) == "secretsecret 600 regular file\n")
    // A child that nobody waits for keeps Swift Testing from seeing its own end.
    #expect(process.wait() == .exited(0))
  }

  @Test func whatIsNoProgram() throws {
    let error = try #require(throws: SystemError.self) {
      try SpawnedProcess(
        SpawnedProcess.Setup(
          path: "/nowhere", arguments: ["x"], environment: nil, readsNothing: false,
          capturing: STDOUT_FILENO, handing: [:], leadsGroup: false))
    }
    #expect(error.isNotFound)
  }
}

@Suite struct ScratchDirectoryTests {
  @Test func isItsOwnersAndGoesWithAllInIt() throws {
    let path = try Directory.makeScratch(prefix: "mailarc-scratch")
    var status = stat()
    #expect(lstat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
    let outside = try TemporaryDirectory()
    try writeFile(outside.file("kept"), "x")
    mkdir(path + "/deep", 0o700)
    try writeFile(path + "/deep/file", "x")
    symlink(outside.path, path + "/deep/link")
    try Directory.removeTree(path: path)
    #expect(access(path, F_OK) != 0)
    #expect(try listDirectory(outside.path) == ["kept"])
  }
}
