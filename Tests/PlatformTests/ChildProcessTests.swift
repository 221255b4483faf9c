import Glibc
import TestSupport
import Testing

/// The programs that tests start.
@Suite struct ChildProcessTests {
  @Test func `a program gets nothing of what is open here but its three streams`() throws {
    // Far from numbers that the program itself gives to files.
    let descriptor = fcntl(STDERR_FILENO, F_DUPFD, 700)
    try #require(descriptor >= 700)
    defer { close(descriptor) }
    let result = try runProcess(
      "/bin/sh", ["-c", "cd /proc/self/fd && echo [0-2] && [ ! -e \(descriptor) ]"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == "0 1 2\n")
  }
}
