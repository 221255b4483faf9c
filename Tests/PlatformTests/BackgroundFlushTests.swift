import Glibc
import Platform
import TestSupport
import Testing

@Suite struct BackgroundFlushTests {
  @Test func `what a flush met is told at the end, once`() throws {
    let flush = BackgroundFlush()
    try flush.finish()
    let problem = SystemError(errno: EIO, operation: "open", path: "x")
    flush.start { () throws(SystemError) in throw problem }
    #expect(throws: problem) { try flush.finish() }
    try flush.finish()
  }

  @Test func `one at a time is under way`() throws {
    let temporary = try TemporaryDirectory()
    let directory = try Directory.open(path: temporary.path)
    _ = try directory.createFile("file", exclusive: true)
    let flush = BackgroundFlush()
    for _ in 0..<20 { flush.start { () throws(SystemError) in try directory.openFile("file") } }
    try flush.finish()
  }
}
