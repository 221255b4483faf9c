import Mail
import Testing

@testable import Stores

struct FromLineTests {
  @Test(arguments: try golden("mbox-from-lines.txt"))
  func `a line says what the golden file says`(_ row: [String]) throws {
    let line = FromLine(Array(row[0].utf8)[...])
    #expect(line.map { "\($0.strength)" } ?? "-" == row[1])
    #expect(line?.date.map { "\($0.epochSeconds)" } ?? "-" == row[2])
  }

  @Test(arguments: try golden("mbox-from-lines.txt"))
  func `a line cut anywhere is no crash`(_ row: [String]) {
    let bytes = Array(row[0].utf8)
    for count in 0...bytes.count { _ = FromLine(bytes[..<count]) }
  }

  @Test func `only the mark of public-inbox proves quoting`() {
    for (text, proves) in [
      ("From mboxrd@z Thu Jan  1 00:00:00 1970", true), ("From mboxrd@z", true),
      ("From mboxrd@zz Thu Jan  1 00:00:00 1970", false),
      ("From a mboxrd@z Thu Jan  1 00:00:00 1970", false),
    ] {
      let line = FromLine(Array(text.utf8)[...])
      #expect(line?.provesReversibleQuoting == proves)
    }
  }

  @Test func `a very long line is none`() {
    let text = "From " + String(repeating: "a", count: FromLine.limit) + " Tue Nov 14 22:13:20 2023"
    #expect(FromLine(Array(text.utf8)[...]) == nil)
  }
}
