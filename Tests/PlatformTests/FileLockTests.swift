import Glibc
import Platform
import TestSupport
import Testing

@Suite struct FileLockTests {
  @Test func oneHolderAtATime() throws {
    let temporary = try TemporaryDirectory()
    let root = temporary.directory
    do {
      let lock = try FileLock(in: root, "lock")
      #expect(throws: FileLockError.held(by: getpid())) { _ = try FileLock(in: root, "lock") }
      // The value must live up to here, or nothing would be held above.
      _ = consume lock
    }
    _ = try FileLock(in: root, "lock")
    #expect(try root.readWhole("lock", limit: 32) == Array("\(getpid())\n".utf8))
  }

  @Test func theHolderIsUnknownWhereTheFileDoesNotSay() throws {
    let temporary = try TemporaryDirectory()
    let lock = try FileLock(in: temporary.directory, "lock")
    try temporary.directory.openForUpdate("lock").truncate(to: 0)
    #expect(throws: FileLockError.held(by: nil)) {
      _ = try FileLock(in: temporary.directory, "lock")
    }
    _ = consume lock
  }

  @Test func aPlaceThatCanNotBeWrittenIsAnotherError() throws {
    let temporary = try TemporaryDirectory()
    _ = try temporary.directory.makeSubdirectory("lock")
    let error = #expect(throws: FileLockError.self) {
      _ = try FileLock(in: temporary.directory, "lock")
    }
    guard case .failed(let reason) = error else {
      Issue.record("not the failure that was expected: \(String(describing: error))")
      return
    }
    #expect(reason.errno == EISDIR)
  }
}
