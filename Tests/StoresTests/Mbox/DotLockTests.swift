import Glibc
import Platform
import TestSupport
import Testing

@testable import Stores

/// Whose a lock file beside an mbox is.
struct DotLockTests {
  @Test(
    arguments: [
      // When it was written, whether its process has ended, whether it is nobody's.
      (999, nil, false), (999, false, false), (999, true, true),
      (699, nil, true), (699, false, true),
      // After a power cut it names nobody, or a process that got its number since.
      (949, nil, true), (949, false, true),
    ] as [(Int64, Bool?, Bool)])
  func `a lock is left over if its process is gone, by its age, or from before the start`(
    _ modified: Int64, _ hasEnded: Bool?, _ isStale: Bool
  ) {
    let boot: Int64 = modified < 700 ? 0 : 950
    #expect(
      DotLock.isStale(modified: modified, namesEndedProcess: hasEnded, now: 1000, boot: boot)
        == isStale)
  }

  @Test func `a lock from before the machine was started is taken away`() throws {
    let temporary = try TemporaryDirectory()
    let root = temporary.directory
    try root.writeWhole("lock", Array("\(getpid())\n".utf8).span)
    #expect(try DotLock.take(in: root, "lock") == nil)
    try root.setModificationTime(of: "lock", WallClock.boot - 1)
    #expect(try DotLock.take(in: root, "lock") != nil)
  }

  @Test func `what a run left that was killed while it took a lock away goes, too`() async throws {
    let temporary = try TemporaryDirectory()
    let path = temporary.path
    try temporary.directory.writeWhole("lock", Array("2147483646\n".utf8).span)
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      setenv("MAILARC_KILL_AT_POINT", "lock: a left-over one is set aside", 1)
      setenv("MAILARC_KILL_AT_STEP", "1", 1)
      try DotLock.clear(in: Directory.open(path: path), "lock")
    }
    #expect(try temporary.directory.entries().count == 1)
    try DotLock.clear(in: temporary.directory, "lock")
    #expect(try temporary.directory.entries().isEmpty)
  }

  @Test func `a lock has the number of its process from the first moment`() throws {
    let temporary = try TemporaryDirectory()
    let lock = try DotLock.take(in: temporary.directory, "lock")
    let bytes = try temporary.directory.readWhole("lock", limit: 20)
    #expect(String(decoding: bytes, as: UTF8.self) == "\(getpid())\n")
    lock?.release()
    #expect(try temporary.directory.entries().isEmpty)
  }
}
