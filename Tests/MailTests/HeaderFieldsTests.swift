import Mail
import Testing

struct HeaderFieldsTests {
  @Test(
    arguments: [
      ("Subject: a\n", ["subject: a"]),
      ("Subject: a\r\n\r\nX: body\r\n", ["subject: a"]),
      ("Subject: a\n\nX: body\n", ["subject: a"]),
      ("Subject:a\n b\n\tc\n", ["subject: a b c"]),
      ("Subject: a\r\n  b  \r\n", ["subject: a b"]),
      ("Subject:\n a\n", ["subject: a"]),
      ("Subject:  a \t b  \n", ["subject: a b"]),
      ("SUBJECT : a\n", ["subject: a"]),
      ("Subject:\n", ["subject: "]),
      ("A: 1\nA: 2\n", ["a: 1", "a: 2"]),
      ("From me Mon\nA: 1\n", ["a: 1"]),
      (" continued from nothing\nA: 1\n", ["a: 1"]),
      ("no colon\nA: 1\n", ["a: 1"]),
      ("A: 1", ["a: 1"]),
      ("A: x:y\n", ["a: x:y"]),
      ("\nA: 1\n", []),
      ("", []),
    ] as [(String, [String])])
  func `fields are read and unfolded`(_ header: String, _ expected: [String]) {
    let fields = HeaderFields(Array(header.utf8)).fields
    #expect(fields.map { "\($0.name): \(String(decoding: $0.body, as: UTF8.self))" } == expected)
  }

  @Test func `folding makes no difference to a header key`() {
    let plain = "Message-ID: <a@b>\r\nDate: now\r\nFrom: a b\r\nSubject: one two\r\n\r\n"
    let folded = "subject:\n one\n two\nX: y\nFROM: a\n\tb\nDate:now\nMessage-Id:\n <a@b>\n"
    let input = HeaderFields(Array(plain.utf8)).keyInput
    #expect(
      String(decoding: input, as: UTF8.self)
        == "message-id:<a@b>\ndate:now\nfrom:a b\nsubject:one two\n")
    #expect(HeaderFields(Array(folded.utf8)).keyInput == input)
  }

  @Test(arguments: [
    ("Message-ID: <a@b>\n", true), ("Message-ID:\n", false), ("Message-ID:  \n", false),
    ("X-Message-ID: a\n", false), ("", false), ("MESSAGE-ID:\n <a>\n", true),
  ])
  func `an empty Message-ID is none`(_ header: String, _ expected: Bool) {
    #expect(HeaderFields(Array(header.utf8)).hasMessageID == expected)
  }

  @Test func `bytes that are not UTF-8 stay in the body`() {
    let header = Array("Subject: ".utf8) + [0xFF, 0x80, 0] + Array("\nÄ: 1\n".utf8)
    let fields = HeaderFields(header)
    #expect(fields.bodies(of: "subject") == [[0xFF, 0x80, 0]])
    #expect(fields.bodies(of: "date").isEmpty)
    #expect(HeaderFields([0x0A, 0xFF]).keyInput.isEmpty)
  }
}
