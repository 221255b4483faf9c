import Platform
import TestSupport
import Testing

@Suite struct GroupFlushTests {
  @Test(arguments: [0, 1, 15, 200]) func flushesAllFiles(count: Int) throws {
    let temporary = try TemporaryDirectory()
    let names = (0..<count).map { "f\($0)" }
    for name in names {
      let file = try temporary.directory.createFile(name, exclusive: true)
      try file.write(Array(name.utf8).span)
      file.startWriteback()
      try file.close()
    }
    try GroupFlush.flush(names, in: temporary.directory)
    try GroupFlush.flushEach(names, in: temporary.directory)
  }

  @Test(arguments: [1, 150]) func namesTheFileThatFailed(count: Int) throws {
    let temporary = try TemporaryDirectory()
    var names = (0..<count).map { "f\($0)" }
    for name in names { try temporary.directory.createFile(name, exclusive: true).close() }
    names.insert("missing", at: count / 2)
    let error = #expect(throws: SystemError.self) {
      try GroupFlush.flushEach(names, in: temporary.directory)
    }
    #expect(error?.isNotFound == true)
    #expect(error?.path == temporary.path + "/missing")
  }
}
