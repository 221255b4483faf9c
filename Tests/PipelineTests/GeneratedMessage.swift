import Mail
import TestSupport

/// A message in the form on disk, such as people have and such as nobody has.
struct GeneratedMessage {
  let content: [UInt8]
  let date: Int64
  let flags: Flags
  let isFetched: Bool

  var wireSize: Int { content.count + content.count { $0 == 0x0A } }

  /// What makes trouble in one form or another.
  static let edges: [String] = [
    "", "\n", "\n\n", "x", "Subject: x", "Subject: x\n", "Subject: x\n\n", "Subject: x\n\n\n",
    "Status: RO\nX-Status: AF\nX-Keywords: mine\nContent-Length: 3\n\nbody\n",
    "X-Mailarc: 1.R0123456789abcdef.mailarc,S=1,W=1\nStatus: O\n\nbody",
    "From a@b Tue Nov 14 22:13:20 2023\nSubject: x\n\nbody\n",
    ">From a@b\nFrom: x\n\n>From y\n>>From z\nFrom \nFrom\n",
    "Subject: x\n\nbody\n\nFrom a@b Tue Nov 14 22:13:20 2023\n\nmore",
    "no header at all\nFrom here\n", "Subject: x\nno colon\n\nbody\n", " folded first\n\nx\n",
    "Subject: x\r\n\r\nbody\r\n", "Subject: x\r\r\n\r\r\nbody\r\r\n", "a\rb\r", "\r", "\r\n",
    "Subject: nul\n\n\0\0\n\0", "Subject: x\n \n\t\n\nbody\n", "Subject: x\n\nbody\r",
  ]

  private static let pieces: [String] = [
    "\n", "\n", "\r\n", "\r\r\n", "\r", "\0", "From ", ">From ", ">>From x\n", "\nFrom x\n", " ",
    "Status: O\n", "X-Keywords: a\n", "text", "Grüße ", "\n\n", ":", "\t",
  ]

  /// Messages that the same seed makes again.
  static func many(_ count: Int, seed: UInt64) -> [GeneratedMessage] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { number in
      var text = number < edges.count ? edges[number] : "Subject: \(number)\n"
      if number >= edges.count {
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
          text += pieces.randomElement(using: &generator) ?? ""
        }
        // Some are larger than any buffer.
        if number % 500 == 0 { text += String(repeating: "0123456789 From\n", count: 40_000) }
      }
      var flags = Flags(SystemFlags(rawValue: UInt8.random(in: 0...31, using: &generator)))
      for _ in 0..<Int.random(in: 0...3, using: &generator) where number % 3 == 0 {
        let keyword = Int.random(in: 0...40, using: &generator)
        flags.keywords.insert(Keyword(keyword == 40 ? "no atom %" : "key\(keyword)"))
      }
      // Some are twins.
      if number % 7 == 0, number >= edges.count { text = "Subject: twin\n\nFrom twin\n" }
      return GeneratedMessage(
        content: Array(text.utf8),
        date: Int64.random(in: -2_000_000_000...2_000_000_000, using: &generator), flags: flags,
        isFetched: !number.isMultiple(of: 3))
    }
  }
}
