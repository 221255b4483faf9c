import Glibc
import Platform
import TestSupport
import Testing

@Suite struct WholeFilesTests {
  let temporary: TemporaryDirectory
  let root: Directory

  init() throws {
    temporary = try TemporaryDirectory()
    root = temporary.directory
  }

  @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 1_000_000])
  func comesBackAsWritten(size: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try root.writeWhole("f", bytes.span)
    #expect(try root.readWhole("f", limit: size) == bytes)
    #expect(try root.entries().map(\.name) == ["f"])
  }

  @Test func aLargerFileThanTheLimitIsAnError() throws {
    try root.writeWhole("f", [1, 2, 3].span)
    let error = #expect(throws: SystemError.self) { try root.readWhole("f", limit: 2) }
    #expect(error?.errno == EOVERFLOW)
    #expect(error?.isNoSpace == false)
    #expect(error?.path == temporary.path + "/f")
  }

  @Test func readsFilesThatDoNotKnowTheirSize() throws {
    let proc = try Directory.open(path: "/proc/self")
    #expect(try !proc.readWhole("status", limit: 1 << 20).isEmpty)
  }

  @Test func replacesALinkInsteadOfFollowingIt() throws {
    try root.writeWhole("target", [1].span)
    #expect(symlink("target", temporary.path + "/f") == 0)
    try root.writeWhole("f", [2].span)
    #expect(try root.readWhole("target", limit: 1) == [1])
    #expect(try root.readWhole("f", limit: 1) == [2])
  }

  @Test func aFullDiskLeavesTheOldContentAndNoRemains() async {
    await #expect(processExitsWith: .success) {
      let temporary = try TemporaryDirectory()
      let root = temporary.directory
      try root.writeWhole("f", [1, 2].span)
      SignalWatcher.surviveFailingWrites()
      var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      let error = #expect(throws: SystemError.self) {
        try root.writeWhole("f", Array(repeating: 7, count: 2000).span)
      }
      #expect(error?.isNoSpace == true)
      #expect(error?.path == temporary.path + "/f")
      #expect(try root.readWhole("f", limit: 10) == [1, 2])
      #expect(try root.entries().map(\.name) == ["f"])
    }
  }

  @Test func aFileThatIsMadeWholeTakesNobodysName() throws {
    let made = try root.makeWhole("f", [1, 2].span)
    #expect(try root.readWhole("f", limit: 2) == [1, 2])
    #expect(try root.status(of: "f").inode == made.inode)
    #expect(made.permissions & 0o777 == 0o600)
    let error = #expect(throws: SystemError.self) { try root.makeWhole("f", [3].span) }
    #expect(error?.isExists == true)
    #expect(try root.readWhole("f", limit: 2) == [1, 2])
    #expect(try root.entries().map(\.name) == ["f"])
  }

  @Test func aFileThatIsMadeWholeIsNeverThereInPart() async {
    await #expect(processExitsWith: .success) {
      let temporary = try TemporaryDirectory()
      SignalWatcher.surviveFailingWrites()
      var limit = rlimit(rlim_cur: 1, rlim_max: 1)
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      #expect(throws: SystemError.self) {
        try temporary.directory.makeWhole("f", [1, 2].span)
      }
      #expect(try temporary.directory.entries().isEmpty)
    }
  }
}
