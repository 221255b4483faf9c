import Platform
import TestSupport
import Testing

@testable import Journals

@Suite struct RunLogTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory(inMemory: true) }

  @Test func `a run that was killed leaves its messages recent`() throws {
    try directory.put("runs.journal", try golden("runs.journal"))
    let log = try RunLog(in: directory.directory, readOnly: false)
    #expect(log.numbers.current == 4)
    #expect(log.numbers.resumes)
    #expect((1...4).map(log.numbers.isRecent) == [false, true, true, true])
    try log.end()
    let next = try RunLog(in: directory.directory, readOnly: true).numbers
    #expect(next.current == 5)
    #expect(!next.resumes)
    #expect(!next.isRecent(4))
  }

  @Test func `a run that left something to be done is not one that was stopped`() throws {
    func numbers() throws -> RunNumbers {
      try RunLog(in: directory.directory, readOnly: true).numbers
    }
    try RunLog(in: directory.directory, readOnly: false).leave()
    #expect(try numbers().resumes && !numbers().wasStopped)
    // What one that was stopped did is not known before a later one ends.
    _ = try RunLog(in: directory.directory, readOnly: false)
    #expect(try numbers().wasStopped)
    try RunLog(in: directory.directory, readOnly: false).leave()
    #expect(try numbers().wasStopped)
    try RunLog(in: directory.directory, readOnly: false).end()
    #expect(try !numbers().resumes && !numbers().wasStopped)
  }

  @Test func `the first run resumes nothing`() throws {
    let numbers = try RunLog(in: directory.directory, readOnly: true).numbers
    #expect(numbers.current == 1)
    #expect(!numbers.resumes)
    #expect(try listDirectory(directory.path) == [])
  }
}
