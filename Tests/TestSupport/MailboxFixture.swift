/// A message to fill a test's account with.
package struct FixtureMessage: Sendable {
  /// What is special about it.
  package let name: String
  /// Its octets on the wire.
  package let body: [UInt8]
  /// Its system flags and keywords.
  package let flags: [String]
  /// Its internal date in seconds since 1970.
  package let date: Int

  /// A message with these properties.
  package init(name: String, body: [UInt8], flags: [String], date: Int) {
    self.name = name
    self.body = body
    self.flags = flags
    self.date = date
  }
}

/// Varied messages, always the same ones.
///
/// Those that some servers alter or refuse (`unusual`) stand apart from those that all of them
/// keep (`ordinary`).
package enum MailboxFixture {
  /// A dozen and a half messages that every server keeps as they are.
  package static let ordinary: [FixtureMessage] = numbered(ordinaryBodies)

  /// Messages that Dovecot keeps as they are, and other servers often do not.
  package static let unusual: [FixtureMessage] = numbered(unusualBodies)

  /// A message with a NUL octet, which Dovecot turns into 0x80.
  package static let withNUL = FixtureMessage(
    name: "NUL", body: Array("Subject: nul\r\n\r\na\0b\r\n".utf8), flags: [], date: 1_000_000_000)

  private static func numbered(_ bodies: [(String, [UInt8])]) -> [FixtureMessage] {
    let flags: [[String]] = [
      [], [#"\Seen"#], [#"\Seen"#, #"\Answered"#, "$Forwarded"], [#"\Flagged"#, "Work"],
      [#"\Draft"#], [#"\Seen"#, "NonJunk", "$Label1"],
    ]
    return bodies.enumerated().map { index, body in
      // From 2004 on, somewhat over a year apart, never on a full minute.
      FixtureMessage(
        name: body.0, body: body.1, flags: flags[index % flags.count],
        date: 1_078_000_001 + index * 33_333_337)
    }
  }

  private static let ordinaryBodies: [(String, [UInt8])] = [
    ("plain", mail("plain", "Hello.\r\n")),
    ("multipart with attachment", multipart),
    ("ISO-2022-JP", mail("jis", "\u{1b}$B$3$s$K$A$O\u{1b}(B\r\n", charset: "ISO-2022-JP")),
    ("UTF-8", mail("utf8", "Grüße, こんにちは\r\n", charset: "UTF-8")),
    (
      "EUC-JP octets",
      mail("eucjp", "", charset: "EUC-JP")
        + [0xa4, 0xb3, 0xa4, 0xf3, 0xa4, 0xcb, 0xa4, 0xc1, 0xa4, 0xcf, 13, 10]
    ),
    ("no Message-ID", Array("From: a@example.org\r\nSubject: without\r\n\r\nText\r\n".utf8)),
    ("same Message-ID, first", mail("same", "One content.\r\n")),
    ("same Message-ID, second", mail("same", "Another content.\r\n")),
    ("twin, first", mail("twin", "Twice the same.\r\n")),
    ("twin, second", mail("twin", "Twice the same.\r\n")),
    ("empty body", mail("empty", "")),
    (
      "From_ lines",
      mail("from", "From here on\r\n>From there\r\n\r\nFrom a@b Mon Jan  5 10:00:00 2015\r\n")
    ),
    ("dots", mail("dots", ".\r\n..\r\n.dot\r\n")),
    (
      "folded and repeated fields",
      Array(
        ("Received: one\r\n\tfolded\r\nReceived: two\r\nSubject: =?ISO-2022-JP?B?GyRCJDMbKEI=?=\r\n"
          + " =?UTF-8?Q?_b?=\r\nMessage-Id:\r\n <folded@example.org>\r\n\r\nText\r\n").utf8)
    ),
    ("no header field at all", Array("\r\nOnly a body.\r\n".utf8)),
    (
      "fields that mbox writers add",
      Array(
        ("Status: RO\r\nX-Status: A\r\nX-Keywords: mine\r\nContent-Length: 3\r\nX-TUID: abc\r\n"
          + "Subject: own\r\n\r\nText\r\n").utf8)
    ),
  ]

  private static let unusualBodies: [(String, [UInt8])] = [
    ("8-bit header", Array("Subject: Grüße\r\nFrom: ä@example.org\r\n\r\nText\r\n".utf8)),
    ("bare CR", mail("cr", "one\rtwo\r\n")),
    ("line of 1 MiB", mail("long", String(repeating: "x", count: 1_048_576) + "\r\n")),
    ("no final newline", mail("open", "ends here")),
    ("line without colon in the header", Array("Subject: a\r\nno colon\r\n\r\nText\r\n".utf8)),
    ("header only, no blank line", Array("Subject: only\r\n".utf8)),
  ]

  private static func mail(_ name: String, _ body: String, charset: String = "us-ascii") -> [UInt8]
  {
    let header = """
      From: Alice Example <alice@example.org>
      To: bob@example.net
      Subject: \(name)
      Date: Mon, 05 Jan 2015 10:00:00 +0900
      Message-ID: <\(name)@example.org>
      MIME-Version: 1.0
      Content-Type: text/plain; charset=\(charset)
      Content-Transfer-Encoding: 8bit
      """
    return Array((header.replacing("\n", with: "\r\n") + "\r\n\r\n" + body).utf8)
  }

  private static let multipart: [UInt8] = {
    let text = """
      From: alice@example.org
      Subject: attachment
      Message-ID: <attachment@example.org>
      MIME-Version: 1.0
      Content-Type: multipart/mixed; boundary="=_b"

      preamble
      --=_b
      Content-Type: text/plain

      See the attachment.
      --=_b
      Content-Type: application/octet-stream; name="data.bin"
      Content-Transfer-Encoding: base64

      \(String(repeating: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\n", count: 900))
      --=_b--

      """
    return Array(text.replacing("\n", with: "\r\n").utf8)
  }()
}
