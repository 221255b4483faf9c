import Platform
import Testing

struct CharsetTests {
  private func decode(_ bytes: [UInt8], _ charset: String, limit: Int = 1000) -> String? {
    CharsetDecoder().decode(bytes, charset: charset, limit: limit)
  }

  @Test(
    arguments: [
      ("utf-8", [0xC3, 0xA4], "ä"), ("UTF8", [0xC3, 0xA4], "ä"), ("utf_8", [0xC3, 0xA4], "ä"),
      ("x-unknown", [0xC3, 0xA4], "ä"), ("unknown-8bit", [0xE4], "ä"), ("us-ascii", [0xE4], "ä"),
      ("iso-8859-1", [0xE4, 0x80], "ä€"), ("ISO8859_1", [0xE4], "ä"), ("latin1", [0xE4], "ä"),
      ("iso_8859-15:1998", [0xA4], "€"), ("8859-2", [0xB1], "ą"), ("iso-8859-9", [0xFD], "ı"),
      ("iso-8859-8-i", [0xE0], "א"), ("iso-8859-8-e", [0xE0], "א"), ("windows-1255", [0xE0], "א"),
      ("iso-8859-11", [0xA1], "ก"), ("TIS-620", [0xA1], "ก"),
      ("windows-1251", [0xCF], "П"), ("win-1251", [0xCF], "П"), ("x-cp1251", [0xCF], "П"),
      ("ansi-1251", [0xCF], "П"), ("koi8-r", [0xD0], "п"), ("KOI8R", [0xD0], "п"),
      ("cp-850", [0x84], "ä"), ("cp850", [0x84], "ä"), ("IBM-850", [0x84], "ä"),
      ("ibm437", [0x84], "ä"), ("macintosh", [0x8A], "ä"), ("x-mac-roman", [0x8A], "ä"),
      ("ks_c_5601-1987", [0xB0, 0xA1], "가"), ("euc-kr", [0x81, 0x41], "갂"),
      ("gb2312", [0x81, 0x30, 0x81, 0x30], "\u{80}"), ("gbk", [0xC4, 0xE3], "你"),
      ("big5", [0xA7, 0x41], "你"), ("x-x-big5", [0xA7, 0x41], "你"),
      ("shift_jis", [0x82, 0xA0, 0x87, 0x40], "あ①"), ("x-sjis", [0x82, 0xA0], "あ"),
      ("euc-jp", [0xA4, 0xA2, 0xAD, 0xA1], "あ①"),
      ("iso-2022-jp", [0x1B, 0x24, 0x42, 0x24, 0x22, 0x1B, 0x28, 0x42], "あ"),
      ("utf-7", [0x2B, 0x41, 0x4F, 0x51, 0x2D], "ä"), ("\"utf-8\"", [0xC3, 0xA4], "ä"),
    ] as [(String, [UInt8], String)])
  func `a charset is known by the names it has in mail`(
    _ charset: String, _ bytes: [UInt8], _ text: String
  ) {
    #expect(decode(bytes, charset) == text)
  }

  @Test(arguments: [
    "", "no-such-charset", "utf-8//IGNORE", "../../etc/passwd", "a b/c", "x\0y", "ä",
    String(repeating: "a", count: 200),
  ])
  func `what is no charset is not guessed at`(_ charset: String) {
    #expect(decode([0x41], charset) == nil)
  }

  @Test(
    arguments: [
      ("utf-8", [0x41, 0xFF, 0x42], "A\u{FFFD}B"),
      ("iso-2022-jp", [0x41, 0xFF, 0x42], "A\u{FFFD}B"),
      ("big5", [0x41, 0xFF, 0x42], "A\u{FFFD}B"),
      ("euc-kr", [0x41, 0xB0], "A\u{FFFD}"),
      ("gb18030", [0x81, 0x30, 0x81], "\u{FFFD}"),
      ("cp1252", [0x81], "\u{FFFD}"),
    ] as [(String, [UInt8], String)])
  func `what can't be read becomes a mark, the rest is text`(
    _ charset: String, _ bytes: [UInt8], _ text: String
  ) {
    #expect(decode(bytes, charset) == text)
  }

  @Test(
    arguments: [
      (Array("plain".utf8), "plain"), (Array("Grüße".utf8), "Grüße"),
      ([0x47, 0x72, 0xFC, 0xDF, 0x65], "Grüße"), ([0x80], "€"), ([], ""),
      ([0x1B, 0x24, 0x42, 0x24, 0x22, 0x1B, 0x28, 0x42], "あ"), ([0x1B, 0x5B], "\u{1B}["),
    ] as [([UInt8], String)])
  func `without a label it is UTF-8, or Japanese, or windows-1252`(_ bytes: [UInt8], _ text: String)
  {
    #expect(CharsetDecoder().decodeUnlabelled(bytes, limit: 1000) == text)
  }

  @Test(arguments: ["utf-8", "iso-8859-1", "unknown-8bit", "gb18030", "utf-7"])
  func `the output is bounded, and no character is cut`(_ charset: String) throws {
    let bytes: [UInt8]
    switch charset {
    case "utf-8", "unknown-8bit": bytes = Array(String(repeating: "ä", count: 9000).utf8)
    case "gb18030": bytes = Array(repeatElement([0xC4, 0xE3], count: 9000).joined())
    case "utf-7": bytes = Array(repeatElement(Array("+AOQ-".utf8), count: 9000).joined())
    default: bytes = Array(repeating: 0xE4, count: 9000)
    }
    for limit in [0, 1, 5, 4095, 4096, 5001] {
      let text = try #require(decode(bytes, charset, limit: limit))
      #expect(text.utf8.count <= limit && text.utf8.count > limit - 3)
      #expect(text.allSatisfy { $0 == "ä" || $0 == "你" })
    }
    #expect(decode(bytes, charset, limit: 1 << 20)?.count == 9000)
  }

  @Test func `a decoder begins each text anew`() {
    let decoder = CharsetDecoder()
    let open: [UInt8] = [0x1B, 0x24, 0x42, 0x24, 0x22]
    for _ in 0..<2 {
      #expect(decoder.decode(open, charset: "iso-2022-jp", limit: 100) == "あ")
      #expect(decoder.decode([0x41], charset: "iso-2022-jp", limit: 100) == "A")
    }
    for index in 0..<200 { #expect(decoder.decode([0x41], charset: "x\(index)", limit: 9) == nil) }
    #expect(decoder.decode([0xE4], charset: "latin1", limit: 100) == "ä")
  }
}
