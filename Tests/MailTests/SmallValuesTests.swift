import Mail
import Testing

struct ContentDigestTests {
  @Test func `a digest is 32 bytes and 64 digits`() throws {
    let bytes = (0..<32).map { UInt8($0 * 8) }
    let digest = try #require(ContentDigest(bytes: bytes))
    #expect(digest.bytes == bytes)
    #expect(digest.description.hasPrefix("0008101820"))
    #expect(ContentDigest(hex: digest.description) == digest)
    #expect(ContentDigest(hex: digest.description.uppercased()) == digest)
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1
      #expect(ContentDigest(bytes: changed) != digest)
    }
  }

  @Test(arguments: ["", "00", String(repeating: "0", count: 63), String(repeating: "g", count: 64)])
  func `anything else is none`(_ text: String) {
    #expect(ContentDigest(hex: text) == nil)
    #expect(ContentDigest(bytes: Array(text.utf8)) == nil)
  }

  @Test(arguments: [true, false])
  func `a header key is shown and read`(_ hasMessageID: Bool) throws {
    let digest = try #require(
      ContentDigest(bytes: [1, 2, 3, 4, 5, 6, 7, 8] + Array(repeating: 9, count: 24)))
    let key = HeaderKey(digest: digest, hasMessageID: hasMessageID)
    #expect(key.hash == 0x0102_0304_0506_0708)
    #expect(key.description == (hasMessageID ? "m" : "n") + "0102030405060708")
    #expect(HeaderKey(key.description) == key)
  }

  @Test(arguments: [
    "", "m", "x0102030405060708", "m010203040506070", "m01020304050607088", "m+10203040506070g",
  ])
  func `other text is no header key`(_ text: String) {
    #expect(HeaderKey(text) == nil)
  }
}

struct SpecialUseTests {
  @Test(arguments: SpecialUse.allCases)
  func `an attribute is read in any case`(_ use: SpecialUse) {
    #expect(SpecialUse(attribute: use.rawValue) == use)
    #expect(SpecialUse(attribute: use.rawValue.uppercased()) == use)
    #expect(SpecialUse(attribute: String(use.rawValue.dropFirst())) == nil)
  }
}

struct PercentEscapeTests {
  @Test(arguments: [
    ("", ""), ("abc", "abc"), ("a b", "a%20b"), ("%", "%25"), ("é", "é"), ("\u{0}\n", "%00%0A"),
  ])
  func `text is escaped and comes back`(_ text: String, _ escaped: String) {
    #expect(PercentEscape.encode(text) { $0 <= 0x20 || $0 == UInt8(ascii: "%") } == escaped)
    #expect(PercentEscape.decode(escaped.utf8) == text)
  }

  @Test func `digits may be small, and every byte may be escaped`() {
    #expect(PercentEscape.decode("%c3%A9".utf8) == "é")
    #expect(PercentEscape.encode("é") { _ in true } == "%C3%A9")
  }

  @Test(arguments: ["%", "%1", "%G0", "%0G", "%FF", "%C3", "a%"])
  func `a broken escape is refused`(_ text: String) {
    #expect(PercentEscape.decode(text.utf8) == nil)
  }

  @Test func `hexadecimal comes in pairs of digits`() {
    #expect(Hexadecimal.encode([0, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
    #expect(Hexadecimal.decode("000fA0ff") == [0, 0x0F, 0xA0, 0xFF])
    #expect(Hexadecimal.decode("") == [])
    #expect(Hexadecimal.decode("0") == nil)
    #expect(Hexadecimal.decode("0x") == nil)
  }
}
