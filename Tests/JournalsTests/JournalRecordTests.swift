import Testing

@testable import Journals

@Suite struct JournalRecordTests {
  @Test(arguments: [
    JournalRecord("kind", []), JournalRecord("kind", ["", "-", "%", " ", "a b", "\n", "\u{7f}"]),
    JournalRecord("kind", ["é", "\u{0}", "--", "%2D", "日本語"]),
  ])
  func `fields come back as they were`(_ record: JournalRecord) throws {
    let line = record.line
    #expect(line.last == 10)
    #expect(!line.dropLast().contains { $0 < 0x20 || $0 == 0x7F })
    #expect(JournalRecord(line: line.dropLast()) == record)
  }

  @Test func `a line with any byte changed is no record`() {
    let line = Array(JournalRecord("held", ["1", "some text", "-"]).line.dropLast())
    for index in line.indices {
      for bit in 0..<8 {
        var damaged = line
        damaged[index] ^= 1 << UInt8(bit)
        #expect(JournalRecord(line: damaged) == nil, "byte \(index), bit \(bit)")
      }
    }
  }

  @Test(arguments: ["", "00000000", "00000000 ", "zzzzzzzz kind", "12345678 kind 1"])
  func `what is no record`(_ text: String) {
    #expect(JournalRecord(line: Array(text.utf8)) == nil)
  }
}
