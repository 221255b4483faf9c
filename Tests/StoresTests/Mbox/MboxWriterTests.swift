import Mail
import Platform
import Testing

@testable import Stores

struct MboxWriterTests {
  static func write(_ content: [UInt8], pieces: Int?) -> ([UInt8], MboxWriter.Shape) {
    var writer = MboxWriter()
    var output: [UInt8] = []
    var rest = content[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieces ?? rest.count))
      rest = rest.dropFirst(piece.count)
      piece.withUnsafeBytes { writer.write($0) { output += Array($0) } }
    }
    let shape = writer.finish { output += Array($0) }
    return (output, shape)
  }

  @Test(arguments: 0..<300)
  func `it writes what the plain writer does, however the content comes`(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<10 {
      let content = MboxRoundTripTests.content(&generator)
      let expected = PlainMboxWriter.message(content, status: "")
      let size = Int.random(in: 1...9, using: &generator)
      for pieces in [nil, 1, size] {
        let (written, shape) = Self.write(content, pieces: pieces)
        let mark = MboxMark(
          baseName: Array(PlainMboxWriter.base.utf8), addsNewline: shape.addsNewline,
          addsBlank: shape.addsBlank)
        let block =
          Array("X-Mailarc: ".utf8) + mark.body + Array("\nX-Keywords: \n".utf8)
          + (shape.addsBlank ? [.lineFeed] : [])
        let message =
          Array("From MAILER-DAEMON Tue Nov 14 22:13:20 2023\n".utf8)
          + written[..<Int(shape.blockOffset)] + block + written[Int(shape.blockOffset)...]
          + [.lineFeed]
        try #require(message == expected, "\(content.prefix(400))")
        #expect(shape.size == Int64(written.count))
        #expect(shape.lineFeeds == Int64(content.count { $0 == .lineFeed }))
      }
    }
  }

  @Test(arguments: [
    (0, "Thu Jan  1 00:00:00 1970"), (1_700_000_000, "Tue Nov 14 22:13:20 2023"),
    (-1, "Wed Dec 31 23:59:59 1969"), (951_782_400, "Tue Feb 29 00:00:00 2000"),
    (-86_400 * 365 * 3000, "Thu Jan  1 00:00:00 1970"),
  ])
  func `dates are written as asctime does`(_ epoch: Int64, _ text: String) {
    #expect(MboxBlock.asctime(InternalDate(epochSeconds: epoch)) == text)
  }

  @Test func `flags go into their place as long as there is room`() throws {
    let mark = MboxMark(baseName: Array("1.x".utf8), addsNewline: false, addsBlank: false)
    let old = Flags([.seen], keywords: [Keyword("Work")])
    let new = Flags(
      [.answered, .deleted, .draft, .flagged], keywords: [Keyword("a b"), Keyword("c")])
    let block = MboxBlock.block(mark, flags: old)
    let replaced = try required(MboxBlock.replacing(block, new))
    #expect(replaced == MboxBlock.block(mark, flags: new))
    #expect(replaced.count == block.count)
    let text = String(decoding: replaced, as: UTF8.self)
    #expect(text.hasPrefix("X-Mailarc: 1.x\nStatus: O \nX-Status: AFTD\nX-Keywords: a%20b c   "))
    let long = Flags(keywords: [Keyword(String(repeating: "k", count: 41))])
    #expect(MboxBlock.replacing(block, long) == nil)
    #expect(MboxBlock.replacing(block + Array("Status: R \n".utf8), new) == nil)
    #expect(MboxBlock.replacing(Array("Status: R \n".utf8), new) == nil)
  }
}
