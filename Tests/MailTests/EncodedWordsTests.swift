import Mail
import Testing

struct EncodedWordsTests {
  /// Raw parts as they are, words as `[charset:bytes]`.
  private func show(_ text: String) -> String {
    EncodedWords(Array(text.utf8)).pieces.map { piece in
      switch piece {
      case .raw(let bytes): String(decoding: bytes, as: UTF8.self)
      case .encoded(let word): "[\(word.charset):\(String(decoding: word.bytes, as: UTF8.self))]"
      }
    }.joined()
  }

  @Test(arguments: [
    ("plain", "plain"), ("", ""), ("=", "="), ("=?", "=?"), ("=?=", "=?="), ("a =? b", "a =? b"),
    ("=?utf-8?Q?a_b=3D?=", "[utf-8:a b=]"), ("=?UTF-8?q?=c3=a4?=", "[UTF-8:ä]"),
    ("=?utf-8?B?w6Q=?=", "[utf-8:ä]"), ("=?utf-8?b?w6Q?=", "[utf-8:ä]"),
    ("=?utf-8?B?YQ==Yg==?=", "[utf-8:ab]"), ("=?utf-8?B??=", "[utf-8:]"),
    ("=?us-ascii*en?Q?a?=", "[us-ascii:a]"),
    ("x =?a?Q?1?= y =?a?Q?2?= z", "x [a:1] y [a:2] z"),
    ("=?a?Q?1?= =?A?B?Mg==?=", "[a:12]"), ("=?a?Q?1?==?a?Q?2?=", "[a:12]"),
    ("=?a?Q?1?= =?b?Q?2?= =?b?Q?3?=", "[a:1][b:23]"),
    ("\"=?a?Q?1?=\" <x@y>", "\"[a:1]\" <x@y>"), ("(=?a?Q?1?=)", "([a:1])"),
    ("Re:=?a?Q?1?=tail", "Re:[a:1]tail"), ("=?a?Q?two words?=", "[a:two words]"),
    ("=?a?Q?why??=", "[a:why?]"),
  ])
  func `words are read as mail has them`(_ text: String, _ expected: String) {
    #expect(show(text) == expected)
  }

  @Test(arguments: [
    "=?utf-8?Q?no end", "=?utf-8?Q?=4?=", "=?utf-8?Q?=zz?=", "=?utf-8?X?a?=", "=?utf-8?B?a?=",
    "=?utf-8?B?a!b?=", "=??Q?a?=", "=?utf-8?Q", "=?utf-8?Q?", "=?utf 8?Q?a?=", "=?*en?Q?a?=",
    "=?" + String(repeating: "c", count: 65) + "?Q?a?=",
    "=?a?Q?" + String(repeating: "c", count: 5000) + "?=",
  ])
  func `what is broken stays as it is`(_ text: String) {
    #expect(show(text) == text)
  }

  @Test func `a character split over two words is whole again, and the words are kept`() {
    let text = "=?utf-8?B?w6?= =?utf-8?Q?=A4?="
    let split = "=?utf-8?Q?=C3?=  =?UTF-8?Q?=A4?="
    #expect(show(split) == "[utf-8:ä]")
    guard case .encoded(let word) = EncodedWords(Array(split.utf8)).pieces.first else {
      Issue.record("no word")
      return
    }
    #expect(word.source == Array(split.utf8))
    #expect(EncodedWords(Array(text.utf8)).pieces.count == 1)
  }

  @Test func `hostile text takes no time to speak of`() {
    let starts = Array(String(repeating: "=?a?Q?", count: 20_000).utf8)
    #expect(EncodedWords(starts).pieces == [.raw(starts)])
    var generator = SeededGenerator(seed: 2047)
    let letters = Array("=?aQB_ 3".utf8)
    for _ in 0..<2000 {
      let text = (0..<40).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }
      let whole = EncodedWords(text).pieces.flatMap { piece in
        switch piece {
        case .raw(let bytes): bytes
        case .encoded(let word): word.source
        }
      }
      // Nothing is lost but white space between words of different charsets.
      #expect(whole.filter { $0 != 0x20 } == text.filter { $0 != 0x20 })
    }
  }
}

struct FirstAddressTests {
  @Test(arguments: [
    ("ada@example.org", "", "ada@example.org"), ("<ada@example.org>", "", "ada@example.org"),
    ("Ada <ada@example.org>", "Ada", "ada@example.org"),
    ("\"Lovelace, Ada\" <a@b>", "Lovelace, Ada", "a@b"),
    ("\"a \\\"b\\\" \\\\\" <a@b>", "a \"b\" \\", "a@b"),
    ("a@b (Ada (the) first)", "Ada (the) first", "a@b"), ("Ada (x) <a@b>", "Ada", "a@b"),
    ("=?utf-8?Q?A,_B?= <a@b>", "=?utf-8?Q?A,_B?=", "a@b"), ("Ada <a@b>, Bob <c@d>", "Ada", "a@b"),
    (", , Bob <c@d>", "Bob", "c@d"), ("Team: Ada <a@b>, c@d;", "Ada", "a@b"),
    ("undisclosed-recipients:;", "undisclosed-recipients", ""), ("", "", ""), ("Ada", "", "Ada"),
    ("\"open", "", "open"), ("(open", "open", ""), ("Ada <open", "Ada", "open"), ("<>", "", ""),
    ("\"=?utf-8?B?w6Q=?=\" <a@b>", "=?utf-8?B?w6Q=?=", "a@b"), ("=?x <a@b>", "=?x", "a@b"),
  ])
  func `name and address of the first`(_ text: String, _ name: String, _ address: String) {
    let first = FirstAddress(Array(text.utf8))
    #expect(String(decoding: first.name, as: UTF8.self) == name)
    #expect(String(decoding: first.address, as: UTF8.self) == address)
  }
}
