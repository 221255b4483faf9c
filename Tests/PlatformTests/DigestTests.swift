import Mail
import Platform
import Testing

@Suite struct DigestTests {
  static let vectors = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ]

  @Test(arguments: vectors) func sha256(text: String, hex: String) {
    #expect(SHA256.digest(of: Array(text.utf8).span).description == hex)
  }

  @Test func oneObjectServesManyMessagesInAnyPieces() {
    let hash = SHA256()
    for (text, hex) in Self.vectors + Self.vectors {
      for byte in text.utf8 { hash.update([byte].span) }
      #expect(hash.finish().description == hex)
    }
    hash.update([1, 2, 3].span)
    hash.reset()
    #expect(hash.finish().description == Self.vectors[0].1)
  }

  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e"),
    // The example of RFC 1939, section 7.
    ("<1896.697170952@dbc.mtview.ca.us>tanstaaf", "c4c9334bac560ecc979e58001b3e22fb"),
  ])
  func md5(text: String, hex: String) {
    #expect(MD5.hexadecimal(of: Array(text.utf8)) == hex)
  }

  @Test(arguments: [("", 0), ("a", 0xE8B7_BE43), ("123456789", 0xCBF4_3926)])
  func crc32(text: String, value: UInt32) {
    let bytes = Array(text.utf8)
    #expect(CRC32.checksum(bytes.span) == value)
    let half = bytes.count / 2
    let first = CRC32.checksum(Array(bytes[..<half]).span)
    #expect(CRC32.checksum(Array(bytes[half...]).span, continuing: first) == value)
  }
}
