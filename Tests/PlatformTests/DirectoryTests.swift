import Glibc
import Platform
import TestSupport
import Testing

@Suite struct DirectoryTests {
  let temporary: TemporaryDirectory
  let root: Directory

  init() throws {
    temporary = try TemporaryDirectory()
    root = temporary.directory
  }

  @Test(arguments: ["", ".", "..", "a/b", "/etc", "a\0b", "../x"])
  func refusesNamesThatLeadElsewhere(name: String) throws {
    let error = #expect(throws: SystemError.self) {
      try root.createFile(name, exclusive: true).close()
    }
    #expect(error?.errno == EINVAL)
    let bytes = #expect(throws: SystemError.self) { try root.openSubdirectory(Array(name.utf8)) }
    #expect(bytes?.errno == EINVAL)
    try root.createFile("real", exclusive: true).close()
    let target = #expect(throws: SystemError.self) { try root.rename("real", to: root, name) }
    #expect(target?.errno == EINVAL)
    #expect(try root.entries().map(\.name) == ["real"])
  }

  @Test func makesWhatIsMissingOnAPath() throws {
    let leaf = try root.ensurePath(["a", "b", "c"])
    try leaf.createFile("f", exclusive: true).close()
    #expect(try root.ensurePath(["a", "b", "c"]).contains("f"))
    #expect(try root.openPath(["a", "b"]).entries() == [.init(bytes: [0x63], kind: .directory)])
    #expect(leaf.path == temporary.path + "/a/b/c")
  }

  @Test func reachesDeeperThanAPathMayBeLong() throws {
    let component = String(repeating: "d", count: 250)
    let leaf = try root.ensurePath(Array(repeating: component, count: 20))
    try leaf.writeWhole("f", [1, 2, 3].span)
    let again = try root.openPath(Array(repeating: component, count: 20))
    #expect(try again.readWhole("f", limit: 10) == [1, 2, 3])
  }

  @Test func makingTwiceIsAnErrorUnlessAsked() throws {
    _ = try root.makeSubdirectory("a")
    let error = #expect(throws: SystemError.self) { try root.makeSubdirectory("a") }
    #expect(error?.isExists == true)
    _ = try root.ensureSubdirectory("a")
    #expect(try Directory.ensure(path: temporary.path + "/a").status().kind == .directory)
    #expect(try Directory.ensure(path: temporary.path + "/new").status().kind == .directory)
  }

  @Test func aMissingDirectoryIsNotFound() throws {
    let error = #expect(throws: SystemError.self) { try root.openSubdirectory("nothing") }
    #expect(error?.isNotFound == true)
    #expect(error?.path == temporary.path + "/nothing")
    #expect(try !root.contains("nothing"))
  }

  @Test func symbolicLinksAreNotFollowedBelow() throws {
    let outside = try TemporaryDirectory()
    try outside.directory.writeWhole("secret", [1].span)
    #expect(symlink(outside.path, temporary.path + "/dir") == 0)
    #expect(symlink(outside.path + "/secret", temporary.path + "/file") == 0)
    #expect(throws: SystemError.self) { try root.openSubdirectory("dir") }
    #expect(throws: SystemError.self) { try root.ensureSubdirectory("dir") }
    #expect(throws: SystemError.self) { try root.openFile("file").close() }
    #expect(throws: SystemError.self) { try root.openForAppending("file").close() }
    #expect(throws: SystemError.self) { try root.createFile("file", exclusive: false).close() }
    #expect(try root.status(of: "file").kind == .symbolicLink)
    #expect(try Directory.open(path: temporary.path + "/dir").contains("secret"))
  }

  @Test func newThingsBelongToTheUserAlone() throws {
    try root.ensureSubdirectory("d").createFile("f", exclusive: true).close()
    #expect(try root.status(of: "d").permissions & 0o077 == 0)
    #expect(try root.openSubdirectory("d").status(of: "f").permissions & 0o177 == 0)
  }

  @Test func aPassSeesEveryEntryOnceWhateverItsBytes() throws {
    let odd: [UInt8] = [0xFF, 0x0A, 0x1B]
    try root.createFile(odd, exclusive: true).close()
    for index in 0..<300 { try root.createFile("f\(index)", exclusive: true).close() }
    _ = try root.makeSubdirectory("sub")
    #expect(mkfifo(temporary.path + "/fifo", 0o600) == 0)
    var kinds: [[UInt8]: FileKind] = [:]
    var stream = try root.stream()
    while let entry = try stream.next() {
      #expect(kinds.updateValue(entry.kind, forKey: entry.bytes) == nil)
      #expect((entry.name == nil) == (entry.bytes == odd))
    }
    #expect(kinds.count == 303)
    #expect(kinds[Array("sub".utf8)] == .directory)
    #expect(kinds[Array("fifo".utf8)] == .other)
    #expect(kinds[odd] == .file)
    #expect(try root.entries().count == 303)
  }
}
