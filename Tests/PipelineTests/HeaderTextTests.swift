import Testing

@testable import Pipeline

struct HeaderTextTests {
  @Test(
    arguments: [
      ("plain", "plain"), ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?= und mehr", "Grüße und mehr"),
      ("=?ISO-2022-JP?B?GyRCJCIbKEI=?=", "あ"), ("=?gb2312?B?xOO6ww==?=", "你好"),
      ("=?ks_c_5601-1987?B?sKE=?=", "가"), ("=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", "ä"),
      ("=?x-unknown?Q?=E4?=", "ä"), ("=?no-such?Q?a?=", "=?no-such?Q?a?="), ("Grüße", "Grüße"),
      ("=?utf-8?Q?broken=?=", "=?utf-8?Q?broken=?="), ("=?utf-8?B?/w==?=", "\u{FFFD}"), ("", ""),
    ])
  func `a subject is decoded, and what can't be is left`(_ body: String, _ text: String) {
    #expect(HeaderText().text(Array(body.utf8)) == text)
  }

  @Test func `a subject with bytes of no charset is windows-1252`() {
    #expect(HeaderText().text([0x63, 0xE9, 0x20, 0x80]) == "cé €")
  }

  @Test(
    arguments: [
      ("Ada <ada@example.org>", "Ada"), ("<ada@example.org>", "ada@example.org"),
      ("=?utf-8?Q?_?= <ada@example.org>", "ada@example.org"),
      ("=?iso-8859-1?Q?J=F6rg,_A?= <j@example.org>", "Jörg, A"), ("", ""),
      ("j\u{FC}rg@example.org", "jürg@example.org"),
    ])
  func `a sender is a name, else an address`(_ body: String, _ sender: String) {
    #expect(HeaderText().sender(Array(body.utf8)) == sender)
  }

  @Test func `a field of any length gives a bounded text`() {
    let texts = HeaderText()
    #expect(texts.text(Array(repeating: 0xE4, count: 1 << 20)).utf8.count <= 8 << 10)
    let word = Array(String(repeating: "=?utf-7?Q?+AOQ-?= ", count: 100_000).utf8)
    #expect(texts.text(word).utf8.count <= 16 << 10)
  }
}
