import Mail
import Testing

struct ToleratedFormTests {
  private static func form(
    _ bytes: [UInt8], cutsAtNUL: Bool, size: Int, passesTrace: Bool = true
  ) -> [UInt8] {
    var converter = ToleratedForm(cutsAtNUL: cutsAtNUL, passesTrace: passesTrace)
    var output: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      output += rest.prefix(size).withUnsafeBytes { converter.convert($0) }
      rest = rest.dropFirst(size)
    }
    return output + converter.finish()
  }

  private static func agree(
    _ one: String, _ other: String, cutsAtNUL: Bool = false, passesTrace: Bool = true
  ) -> Bool {
    form(Array(one.utf8), cutsAtNUL: cutsAtNUL, size: .max, passesTrace: passesTrace)
      == form(Array(other.utf8), cutsAtNUL: cutsAtNUL, size: .max, passesTrace: passesTrace)
  }

  @Test(arguments: [
    ("A: 1\r\n\r\nbody\r\n", "A: 1\n\nbody\n"),
    ("A: 1\n\nbo\rdy\n", "A: 1\n\nbody\n"),
    ("A: 1\n\nbody\n\n\n", "A: 1\n\nbody"),
    ("A: 1\n 2\n\nb", "A: 1 2\n\nb"),
    ("Received: x\nReturn-Path: <a>\nA: 1\n\nb", "A: 1\n\nb"),
    ("A: é\n\nb", "A: XX\n\nb"),
    ("A: 1\n\nb", "A: 1\nX-IMAPbase: 5  3\nX-UID: 1\nStatus: R\n\nb"),
    ("A: 1\n\nb", "A: 1\nX-TUID: abc\n\nb"),
    ("From a@b Mon Jan  5 10:00:00 2015\nA: 1\n\nb", "A: 1\n\nb"),
    ("From a@b\nA: 1\n\nb", "A: 1\n\nb"),
    ("A: 1\nno field\n\nb", "A: 1\nX-Mailarc-Mended: no field\n\nb"),
    ("Status: RO\nX-UID: 7\nA: 1\n\nb", "A: 1\nX-UID: 2\n\nb"),
    ("A: 1\n\n", "A: 1\n"),
    ("", "\n"),
  ])
  func `what servers change makes no difference`(_ one: String, _ other: String) {
    #expect(Self.agree(one, other))
  }

  @Test(arguments: [
    ("A: 1\n\nbody", "A: 1\n\nbodx"),
    ("A: 1\n\nb\nc", "A: 1\n\nb\n\nc"),
    ("A: 1\n\né", "A: 1\n\nXX"),
    ("A: 1\n\nb", "A: 2\n\nb"),
    ("A: 1\nReceived: x\n\nb", "A: 1\n\nb"),
    ("A: 1\nFrom a@b 10:00\n\nb", "A: 1\n\nb"),
    ("From: x\nA: 1\n\nb", "A: 1\n\nb"),
    ("A: 1\nB: 2\n\nb", "A: 1\n\nb"),
  ])
  func `what they don't change does`(_ one: String, _ other: String) {
    #expect(!Self.agree(one, other))
  }

  @Test func `trace fields in front count where two deliveries may be meant`() {
    let (one, other) = ("Received: x\nA: 1\n\nb", "Received: y\nA: 1\n\nb")
    #expect(Self.agree(one, other))
    #expect(!Self.agree(one, other, passesTrace: false))
  }

  @Test func `NUL becomes 0x80 or ends the message`() {
    let message = Array("A: 1\n\nb".utf8) + [0] + Array("c".utf8)
    let replaced = Array("A: 1\n\nb".utf8) + [0x80] + Array("c".utf8)
    let kept = Self.form(message, cutsAtNUL: false, size: .max)
    #expect(kept == Self.form(replaced, cutsAtNUL: false, size: .max))
    let cut = Self.form(message, cutsAtNUL: true, size: .max)
    #expect(cut == Self.form(Array("A: 1\n\nb".utf8), cutsAtNUL: true, size: .max))
    var converter = ToleratedForm(cutsAtNUL: true, passesTrace: true)
    #expect(!converter.sawNUL)
    message.withUnsafeBytes { _ = converter.convert($0) }
    #expect(converter.sawNUL)
    #expect(Self.agree("A: 1\0\n\nb", "A: 1", cutsAtNUL: true))
  }

  @Test(arguments: [false, true])
  func `chunks of any size give the same form`(_ cutsAtNUL: Bool) {
    let message = Array("Received: x\r\n y\r\nA: é\r\n b\r\n\r\nb\r\rc\r\n\r\nd\0e\r\n\r\n".utf8)
    let whole = Self.form(message, cutsAtNUL: cutsAtNUL, size: .max)
    for size in 1...message.count {
      #expect(Self.form(message, cutsAtNUL: cutsAtNUL, size: size) == whole)
    }
  }

  @Test func `a header without end is compared too`() {
    let endless = "A: " + String(repeating: "x", count: 1_200_000)
    #expect(Self.agree(endless, endless + "\r\n"))
    #expect(!Self.agree(endless, endless + "y"))
  }
}
