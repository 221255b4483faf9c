import Mail
import Testing

@testable import Stores

/// What `formats/mbox.md` says of writing, in as few lines as can be, to test reading against.
enum PlainMboxWriter {
  static let base = "1700000000.V1U3H0123456789abcdef.mailarc,S=17,W=18"

  static func message(_ content: [UInt8], status: String = "Status: RO\nX-Status:     \n")
    -> [UInt8]
  {
    var text = content
    let addsNewline = !text.isEmpty && text.last != .lineFeed
    if addsNewline { text.append(.lineFeed) }
    var lines = split(text).map { quoted($0) }
    var region = 0
    while region < lines.count, isHeader(lines[region], isFirst: region == 0) { region += 1 }
    let addsBlank = region == 0 && !lines.isEmpty && !isEmptyLine(lines[0])
    var mark = "X-Mailarc: \(base)"
    if addsNewline { mark += " newline" }
    if addsBlank { mark += " blank" }
    var block = Array((mark + "\n" + status + "X-Keywords: \n").utf8)
    if addsBlank { block.append(.lineFeed) }
    lines.insert(block, at: region)
    return Array("From MAILER-DAEMON Tue Nov 14 22:13:20 2023\n".utf8) + lines.flatMap { $0 }
      + [.lineFeed]
  }

  private static func split(_ text: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = text[...]
    while let end = rest.firstIndex(of: .lineFeed) {
      lines.append(Array(rest[...end]))
      rest = rest[(end + 1)...]
    }
    return lines
  }

  private static func quoted(_ line: [UInt8]) -> [UInt8] {
    let rest = line.drop { $0 == UInt8(ascii: ">") }
    return rest.starts(with: Array("From ".utf8)) ? [UInt8(ascii: ">")] + line : line
  }

  private static func isEmptyLine(_ line: [UInt8]) -> Bool {
    line == [0x0A] || line == [0x0D, 0x0A]
  }

  private static func isHeader(_ line: [UInt8], isFirst: Bool) -> Bool {
    if line[0] == 0x20 || line[0] == 0x09 { return !isFirst }
    let name = line.prefix(1000).prefix { (0x21...0x7E).contains($0) && $0 != 0x3A }
    let rest = line[name.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
    return !name.isEmpty && rest.first == 0x3A && rest.startIndex < 1000
  }
}

struct MboxRoundTripTests {
  static let pieces = [
    "From ", ">From ", ">>From ", ">", "F", "Fr", "From", "\n", "\n\n", "\r\n", "\r", " ", "\t",
    "a",
    "Subject: x\n", "Status: RO\n", "X-Keywords: a\n", "X-Mailarc: ",
    "X-Mailarc: 1700000000.V1U3H0123456789abcdef.mailarc,S=17,W=18 newline\n", ":", "\0", "\u{FF}",
    "From a@b Tue Nov 14 22:13:20 2023\n", "Content-Length: 3\n", "X-UID: 7\n", " folded\n",
    "a line of some text\n", String(repeating: ">", count: 30), String(repeating: "x", count: 70),
    String(repeating: ">", count: 1100), String(repeating: "y", count: 998),
  ]

  static func content(_ generator: inout SeededGenerator) -> [UInt8] {
    var content: [UInt8] = []
    for _ in 0..<Int.random(in: 0...9, using: &generator) {
      content += Array(pieces[Int.random(in: 0..<pieces.count, using: &generator)].utf8)
    }
    return content
  }

  @Test(arguments: 0..<300)
  func `what was written is read back, however it is cut`(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let contents = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
      Self.content(&generator)
    }
    let file = contents.flatMap { PlainMboxWriter.message($0) }
    let longLine = Int.random(in: 1001...1100, using: &generator)
    let mbox = try ReadMbox(
      file, blockSize: Int.random(in: 1...40, using: &generator), longLine: longLine,
      chunk: Int.random(in: 1...40, using: &generator))
    #expect(mbox.messages.count == contents.count)
    for (read, content) in zip(mbox.messages, contents) where read.content != content {
      Issue.record("\(content.prefix(300)) became \(read.content.prefix(300))")
      break
    }
    #expect(mbox.messages.allSatisfy { $0.mark != nil && $0.flags == Flags(.seen) })
  }
}
