import Testing

@testable import Stores

/// Body lines are skipped in blocks as they would be one by one.
struct BodyLinesTests {
  @Test(arguments: 1...40)
  func `blocks and single bytes come to the same`(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let letters: [[UInt8]] = [
      Array("xxxxxxxxxxxx\n".utf8), Array("x\r\nF>\r".utf8), Array("\n\n\r\nxy".utf8),
      Array("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\n ".utf8),
    ]
    for _ in 0..<200 {
      let alphabet = letters[Int.random(in: 0..<letters.count, using: &generator)]
      let count = Int.random(in: 0...600, using: &generator)
      var bytes = (0..<count).map { _ in
        alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
      }
      var start = 0
      if Bool.random(using: &generator) {
        bytes.insert(contentsOf: Array("Fx\n".utf8), at: 0)
        start = 3
      }
      bytes.withUnsafeBytes { buffer in
        let lines = BodyLines(buffer, from: start)
        let expected = Expected(bytes, from: start)
        #expect(lines.end == expected.end)
        #expect(lines.lineFeeds == expected.lineFeeds)
        #expect(lines.carriageReturns == expected.carriageReturns)
        #expect(lines.blankLength == expected.blankLength)
      }
    }
  }

  private struct Expected {
    var end: Int
    var lineFeeds = 0
    var carriageReturns = 0
    var blankLength: UInt8 = 0

    init(_ bytes: [UInt8], from start: Int) {
      end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "F"), bytes[end] != UInt8(ascii: ">"),
        let lineFeed = bytes[end...].firstIndex(of: 0x0A)
      {
        let line = bytes[end...lineFeed]
        lineFeeds += 1
        let isReturned = line.dropLast().last == 0x0D
        if isReturned { carriageReturns += 1 }
        blankLength = line.count == 1 ? 1 : isReturned && line.count == 2 ? 2 : 0
        end = lineFeed + 1
      }
    }
  }
}
