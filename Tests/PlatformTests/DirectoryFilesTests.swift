import Glibc
import Platform
import TestSupport
import Testing

@Suite struct DirectoryFilesTests {
  let temporary: TemporaryDirectory
  let root: Directory

  init() throws {
    temporary = try TemporaryDirectory()
    root = temporary.directory
  }

  @Test func anExclusiveFileIsNeverOneThatIsThere() throws {
    try root.writeWhole("f", [1].span)
    let error = #expect(throws: SystemError.self) {
      try root.createFile("f", exclusive: true).close()
    }
    #expect(error?.isExists == true)
    #expect(try root.readWhole("f", limit: 10) == [1])
    try root.createFile("f", exclusive: false).close()
    #expect(try root.readWhole("f", limit: 10) == [])
  }

  @Test func appendedBytesGoToTheEndWhoeverWroteLast() throws {
    let one = try root.openForAppending("f")
    let other = try root.openForAppending("f")
    try one.write([1, 2].span)
    try other.write([3].span)
    try one.write([4].span)
    #expect(try root.readWhole("f", limit: 10) == [1, 2, 3, 4])
  }

  @Test func readsAtAPlaceAndStopsAtTheEnd() throws {
    try root.writeWhole("f", Array(0..<100).span)
    let file = try root.openForUpdate("f")
    var buffer = [UInt8](repeating: 0, count: 60)
    #expect(try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: 70) } == 30)
    #expect(buffer.prefix(30) == [UInt8](70..<100)[...])
    try file.truncate(to: 75)
    #expect(try file.status().size == 75)
    try file.seek(to: 74)
    #expect(try buffer.withUnsafeMutableBytes { try file.read(into: $0) } == 1)
  }

  @Test(arguments: [-86_400, 0, 1, 1_700_000_000, 4_000_000_000] as [Int64])
  func setsTheModificationTime(epoch: Int64) throws {
    try root.createFile("f", exclusive: true).close()
    try root.setModificationTime(of: "f", epoch)
    #expect(try root.status(of: "f").modifiedSeconds == epoch)
    let file = try root.openForUpdate("f")
    try file.setModificationTime(epoch + 1)
    #expect(try file.status().modifiedSeconds == epoch + 1)
    #expect(try file.status().modifiedNanoseconds == (epoch + 1) * 1_000_000_000)
  }

  @Test func renamingWithoutReplacingKeepsWhatIsThere() throws {
    let cur = try root.makeSubdirectory("cur")
    try root.writeWhole("a", [1].span)
    try cur.writeWhole("b", [2].span)
    let error = #expect(throws: SystemError.self) {
      try root.renameNoReplace("a", to: cur, "b")
    }
    #expect(error?.isExists == true)
    #expect(error?.path == cur.path + "/b")
    #expect(try cur.readWhole("b", limit: 1) == [2])
    try root.renameNoReplace("a", to: cur, "a")
    #expect(try cur.readWhole("a", limit: 1) == [1])
    #expect(try !root.contains("a"))
  }

  @Test func renamingReplaces() throws {
    try root.writeWhole("a", [1].span)
    try root.writeWhole("b", [2].span)
    try root.rename("a", to: root, "b")
    #expect(try root.readWhole("b", limit: 1) == [1])
  }

  @Test func linkingGivesASecondName() throws {
    try root.writeWhole("a", [1].span)
    try root.link("a", to: root, "b")
    #expect(try root.status(of: "a").inode == root.status(of: "b").inode)
    #expect(try root.status(of: "a").linkCount == 2)
    let error = #expect(throws: SystemError.self) { try root.link("a", to: root, "b") }
    #expect(error?.isExists == true)
    try root.unlink("a")
    #expect(try root.readWhole("b", limit: 1) == [1])
  }

  @Test(.timeLimit(.minutes(1))) func aFIFOInPlaceOfAFileIsRefusedWithoutWaiting() throws {
    #expect(mkfifo(temporary.path + "/fifo", 0o600) == 0)
    #expect(throws: SystemError.self) { try root.openFile("fifo").close() }
    #expect(throws: SystemError.self) { try root.openForAppending("fifo").close() }
    #expect(throws: SystemError.self) { try root.openFile(".").close() }
  }

  @Test func aDirectoryIsRemovedOnlyWhenEmpty() throws {
    let sub = try root.makeSubdirectory("sub")
    try sub.writeWhole("f", [1].span)
    let error = #expect(throws: SystemError.self) { try root.removeSubdirectory("sub") }
    #expect(error?.isExists == true)
    try sub.unlink("f")
    try root.removeSubdirectory("sub")
    #expect(try root.entries().isEmpty)
  }

  @Test func aDescriptorIsFreeAgainAfterItsLife() throws {
    let number: Int32
    do {
      let file = try root.createFile("f", exclusive: true)
      number = file.rawValue
      #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
    }
    // Parallel tests may have got the number meanwhile, but not for this file.
    var status = stat()
    let stillOpen = fstat(number, &status) == 0
    #expect(try !stillOpen || UInt64(status.st_ino) != root.status(of: "f").inode)
  }

  @Test func pathsInErrorsAreThoseOfTheFile() throws {
    let error = #expect(throws: SystemError.self) { try root.openFile("missing").close() }
    #expect(
      error?.description == "open \"\(temporary.path)/missing\": No such file or directory")
  }
}
