import Testing

@testable import Mail

/// What mended copies look like (`formats/mend.md`).
struct MendedFormTests {
  /// A mended copy, made in two passes, in pieces of that size.
  private static func mend(
    _ bytes: [UInt8], _ mends: Set<Mend> = Set(Mend.allCases), size: Int = .max
  ) -> (bytes: [UInt8], mended: [Mend: Int]) {
    func pass(_ lacksHeader: Bool) -> (MendedForm, [UInt8]) {
      var form = MendedForm(mends, lacksHeader: lacksHeader)
      var output: [UInt8] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        output += rest.prefix(size).withUnsafeBytes { form.convert($0) }
        rest = rest.dropFirst(size)
      }
      output += form.finish()
      return (form, output)
    }
    let (form, output) = pass(pass(false).0.lacksHeader)
    return (output, form.mended)
  }

  private static let field = MendedForm.fieldName + ": "
  private static let longName = String(repeating: "n", count: 998)

  /// A message, its copy, and what was mended.
  static let cases: [(String, String, [Mend: Int])] = [
    ("A: 1\r\n\r\nbody\r\n", "A: 1\r\n\r\nbody\r\n", [:]),
    ("\r\nbody", "\r\nbody", [:]),
    ("A: 1\r\n", "A: 1\r\n", [:]),
    ("A: 1\r\n folded\r\n\tmore: x\r\n\r\n", "A: 1\r\n folded\r\n\tmore: x\r\n\r\n", [:]),
    ("A:\r\n\r\n", "A:\r\n\r\n", [:]),
    ("Grüße: 1\r\n\r\n", "Grüße: 1\r\n\r\n", [:]),
    // A line that is no field.
    (
      "A: 1\r\nno field\r\nB: 2\r\n\r\nno field\r\n",
      "A: 1\r\n\(field)no field\r\nB: 2\r\n\r\nno field\r\n", [.headerLine: 1]
    ),
    ("word\r\nA: 1\r\n\r\n", "\(field)word\r\nA: 1\r\n\r\n", [.headerLine: 1]),
    (
      "From a@b Mon Jan  5 10:00:00 2015\r\nA: 1\r\n: x\r\n\r\n",
      "\(field)From a@b Mon Jan  5 10:00:00 2015\r\nA: 1\r\n\(field): x\r\n\r\n", [.headerLine: 2]
    ),
    ("A: 1\r\nword", "A: 1\r\n\(field)word\r\n", [.headerLine: 1, .headerEnd: 1]),
    ("A: 1\r\nword \t\r\n\r\n", "A: 1\r\n\(field)word \t\r\n\r\n", [.headerLine: 1]),
    ("A: 1\r\n\u{7}: x\r\n\r\n", "A: 1\r\n\(field)\u{7}: x\r\n\r\n", [.headerLine: 1]),
    ("\(longName): 1\r\n\r\n", "\(longName): 1\r\n\r\n", [:]),
    (
      "A: 1\r\n\(longName)n: 1\r\n\r\n", "A: 1\r\n\(field)\(longName)n: 1\r\n\r\n",
      [.headerLine: 1]
    ),
    // No field at all.
    ("text\r\nmore\r\n\r\nA: 1\r\n", "\r\ntext\r\nmore\r\n\r\nA: 1\r\n", [.noHeader: 1]),
    ("text", "\r\ntext", [.noHeader: 1]),
    (" a\r\nb\r\n", "\r\n a\r\nb\r\n", [.noHeader: 1]),
    // Blanks before a colon.
    ("A \t: 1\r\n\r\nB : 2\r\n", "A: 1\r\n\r\nB : 2\r\n", [.nameBlank: 1]),
    // A header that ends within a line.
    ("A: 1", "A: 1\r\n", [.headerEnd: 1]),
    ("A: 1\r\n b", "A: 1\r\n b\r\n", [.headerEnd: 1]),
    ("A: 1\r\n\r\nb", "A: 1\r\n\r\nb", [:]),
    // Nothing.
    ("", "\(field)empty\r\n\r\n", [.empty: 1]),
    // CR.
    (
      "A: 1\r2\r\n\r\na\rb\r\r\nc\r", "A: 12\r\n\r\nab\r\nc", [.bareCR: 4]
    ),
    ("A: 1\r\n\rB: 2\r\n\r\n", "A: 1\r\nB: 2\r\n\r\n", [.bareCR: 1]),
    ("\r\r", "\(field)empty\r\n\r\n", [.bareCR: 2, .empty: 1]),
    ("A: 1\r", "A: 1\r\n", [.bareCR: 1, .headerEnd: 1]),
  ]

  @Test(arguments: cases)
  func `what is mended, and nothing else`(_ text: String, _ copy: String, _ mended: [Mend: Int]) {
    for size in [Int.max, 1, 2, 3, 7] {
      let result = Self.mend(Array(text.utf8), size: size)
      #expect(String(decoding: result.bytes, as: UTF8.self) == copy)
      #expect(result.mended == mended)
    }
    // What was mended is enough to make the same copy again.
    #expect(Self.mend(Array(text.utf8), Set(mended.keys)).bytes == Array(copy.utf8))
    // And what is not to be mended stays.
    #expect(Self.mend(Array(text.utf8), []).bytes == Array(text.utf8))
  }

  @Test func `NUL becomes 0x80 where that is asked for`() {
    let bytes = Array("A\0: \0\r\n\r\n\0b\0".utf8)
    func copy(_ mends: Set<Mend>) -> [UInt8] { Self.mend(bytes, mends).bytes }
    let header: [UInt8] = Array("A".utf8) + [0x80] + Array(": ".utf8) + [0x80]
    let body = Array("\r\n\r\n\0b\0".utf8)
    #expect(copy([.headerNUL]) == header + body)
    #expect(copy([.headerNUL, .bodyNUL]) == header + body.map { $0 == 0 ? 0x80 : $0 })
    #expect(copy([.bodyNUL]) == Array("A\0: \0".utf8) + body.map { $0 == 0 ? 0x80 : $0 })
    #expect(Self.mend(bytes).mended == [.headerNUL: 2, .bodyNUL: 2])
  }

  /// What the strictest server known refuses (Cyrus, and bare CR besides); written apart from the code
  /// that is tested.
  private static func isRefused(_ bytes: [UInt8]) -> Bool {
    if bytes.isEmpty || bytes.contains(0) { return true }
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let end = rest.firstIndex(of: 10), end > rest.startIndex, rest[end - 1] == 13 else {
        return true
      }
      let line = rest[..<(end - 1)]
      rest = rest[(end + 1)...]
      if line.isEmpty { break }
      if line.first == 32 || line.first == 9 { continue }
      guard let colon = line.firstIndex(of: 58), colon > line.startIndex,
        line[..<colon].allSatisfy({ $0 > 32 && $0 != 127 })
      else { return true }
    }
    return bytes.indices.contains { bytes[$0] == 13 && bytes.dropFirst($0 + 1).first != 10 }
  }

  @Test func `of random octets every copy is acceptable, and mending it again changes nothing`() {
    var random = SeededGenerator(seed: 20)
    let pieces = ["\r\n", "\r\n", "\r", "\0", ":", " ", "\t", "a", "Bc", "é", "\u{7F}", ": x\r\n"]
      .map { Array($0.utf8) }
    var refused = 0
    for _ in 0..<20_000 {
      let count = Int.random(in: 0..<12, using: &random)
      let bytes = (0..<count).flatMap { _ in pieces.randomElement(using: &random) ?? [] }
      let copy = Self.mend(bytes)
      if Self.isRefused(bytes) { refused += 1 }
      #expect(!Self.isRefused(copy.bytes), "\(bytes)")
      #expect(Self.mend(copy.bytes).mended == [:], "\(bytes)")
      #expect((copy.mended == [:]) == (copy.bytes == bytes), "\(bytes)")
      #expect(Self.mend(bytes, Set(copy.mended.keys)).bytes == copy.bytes, "\(bytes)")
      #expect(Self.mend(bytes, size: 1).bytes == copy.bytes, "\(bytes)")
    }
    #expect(refused > 10_000)
  }
}
