import Testing

@testable import CommandLine

struct TerminalTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("日本語 größe 👩‍👩‍👧", "日本語 größe 👩‍👩‍👧"), ("a\\b", "a\\b"),
    ("\u{1B}[31mred", "\\x1B[31mred"), ("a\nb\r\tc", "a\\nb\\r\\tc"), ("\0\u{7F}", "\\x00\\x7F"),
    ("\u{85}\u{9B}31m", "\\u{0085}\\u{009B}31m"),
    (
      "\u{202E}\u{2066}\u{2069}\u{200F}\u{061C}",
      "\\u{202E}\\u{2066}\\u{2069}\\u{200F}\\u{061C}"
    ),
    ("\u{2028}\u{2029}\u{FEFF}", "\\u{2028}\\u{2029}\\u{FEFF}"),
    ("\u{E000}\u{E0041}", "\\u{E000}\\u{E0041}"),
    ("\r\n", "\\r\\n"), ("e\u{301}", "e\u{301}"),
  ])
  func escapes(_ text: String, _ expected: String) {
    #expect(TerminalText.escape(text) == expected)
    #expect(TerminalText.escape(expected) == expected)
    #expect(TerminalText.escape(octets: Array(text.utf8)) == expected)
  }

  @Test(
    arguments: [
      ([0xFF], "\\xFF"), ([0x61, 0xC3], "a\\xC3"), ([0xC3, 0x61], "\\xC3a"),
      ([0xED, 0xA0, 0x80], "\\xED\\xA0\\x80"), ([0xC0, 0x9B], "\\xC0\\x9B"),
      ([0xF0, 0x9F, 0x98, 0x80], "😀"), ([0xF0, 0x9F, 0x98], "\\xF0\\x9F\\x98"),
      ([0x9B, 0x33], "\\x9B3"),
    ] as [([UInt8], String)])
  func `Octets that are not UTF-8 are visible`(_ octets: [UInt8], _ expected: String) {
    #expect(TerminalText.escape(octets: octets) == expected)
  }

  @Test(arguments: [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("é", 1), ("", 0), ("ｱ", 1)])
  func width(_ text: String, _ columns: Int) {
    #expect(TerminalText.width(text) == columns)
  }

  @Test(arguments: [
    ("short", 10, "short"), ("abcdefghij", 5, "ab…ij"), ("abc", 1, "…"), ("abc", 0, ""),
    ("日本語日本語", 6, "日…語"),
  ])
  func shorten(_ text: String, _ columns: Int, _ expected: String) {
    #expect(TerminalText.shorten(text, to: columns) == expected)
    #expect(TerminalText.width(TerminalText.shorten(text, to: columns)) <= columns)
  }
}

struct QuantityTests {
  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000"),
  ])
  func count(_ value: Int, _ expected: String) {
    #expect(Quantity.count(value) == expected)
  }

  @Test(
    arguments: [
      (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1999, "1.9 kB"), (999_999, "999.9 kB"),
      (1_000_000, "1.0 MB"), (23_456_789_012, "23.4 GB"), (5_000_000_000_000_000, "5000.0 TB"),
    ] as [(Int64, String)])
  func bytes(_ value: Int64, _ expected: String) {
    #expect(Quantity.bytes(value) == expected)
  }

  @Test(arguments: [(7, "0:07"), (754, "12:34"), (3723, "1:02:03"), (360_000, "100:00:00")])
  func time(_ seconds: Int, _ expected: String) {
    #expect(Quantity.time(seconds: seconds) == expected)
  }
}
