import Mail
import Testing

struct ModifiedUTF7Tests {
  @Test(arguments: [
    // RFC 3501, section 5.1.3.
    ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    ("台北日本語", "&U,BTF2XlZyyKng-"),
    ("INBOX", "INBOX"),
    ("", ""),
    ("&", "&-"),
    ("a&b", "a&-b"),
    ("&&", "&-&-"),
    ("Entwürfe", "Entw&APw-rfe"),
    ("Gelöschte Objekte", "Gel&APY-schte Objekte"),
    ("Éléments envoyés", "&AMk-l&AOk-ments envoy&AOk-s"),
    ("受信トレイ", "&U9dP4TDIMOwwpA-"),
    ("😀", "&2D3eAA-"),
    ("tab\there", "tab&AAk-here"),
    ("~", "~"),
    ("é&ü", "&AOk-&-&APw-"),
    ("\u{7F}", "&AH8-"),
  ])
  func `a name is encoded and decoded`(_ name: String, _ wire: String) {
    #expect(ModifiedUTF7.encode(name) == wire)
    #expect(ModifiedUTF7.decode(wire.utf8) == name)
  }

  @Test(arguments: [
    "&Jjo!", "&", "a&", "&U,BTFw", "&U,BTFw-&ZeVnLIqe-", "&AGE-", "&AA-", "&2D0-", "&3gA-",
    "&APx-", "&APwA-", "a\tb", "a\u{7F}", "é", "&A-", "&====-", "&AP w-", "&-&AGE-",
  ])
  func `what encode would not write is refused`(_ wire: String) {
    #expect(ModifiedUTF7.decode(wire.utf8) == nil)
  }

  @Test func `random names come back`() {
    var random = SeededGenerator(seed: 1)
    let scalars: [Unicode.Scalar] = [
      "a", "&", "-", "é", "日", "😀", "\u{301}", "\u{0}", "/", "\u{FFFF}",
    ]
    for _ in 0..<2000 {
      var view = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0..<9, using: &random) {
        view.append(scalars.randomElement(using: &random) ?? "a")
      }
      let name = String(view)
      let wire = ModifiedUTF7.encode(name)
      #expect(wire.utf8.allSatisfy { (0x20...0x7E).contains($0) })
      #expect(ModifiedUTF7.decode(wire.utf8).map { Array($0.utf8) } == Array(name.utf8))
    }
  }

  @Test func `random bytes never decode to what encodes otherwise`() {
    var random = SeededGenerator(seed: 2)
    let alphabet = Array("&-,+AZaz09/ ".utf8)
    for _ in 0..<5000 {
      let wire = (0..<8).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      if let name = ModifiedUTF7.decode(wire) {
        #expect(Array(ModifiedUTF7.encode(name).utf8) == wire)
      }
    }
  }
}
