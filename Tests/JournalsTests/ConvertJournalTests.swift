import Mail
import Platform
import TestSupport
import Testing

@testable import Journals

@Suite struct ConvertJournalTests {
  private let directory: TemporaryDirectory
  private let mailbox: MailboxName

  init() throws {
    directory = try TemporaryDirectory(inMemory: true)
    mailbox = try required(MailboxName(["Work", "2024"]))
  }

  /// What `formats/golden/convert.journal` says.
  private let events: [ConvertEvent] = [
    .converted(
      ConvertedMessage(
        name: "1078000001.V7U1H0123456789abcdef.mailarc,S=10,W=12", digest: digest("one"),
        sourceSize: 10, source: "1078000001.V7U1H0123456789abcdef.mailarc,S=10,W=12",
        flags: Flags(.seen, keywords: [Keyword("$Forwarded")]))),
    .converted(
      ConvertedMessage(
        name: "-1.R0123456789abcdef.mailarc,S=0,W=0", digest: digest(""), sourceSize: 0,
        source: "1234.M5P6.host a%b", flags: Flags())),
    .converted(
      ConvertedMessage(
        name: "5.R0123456789abcdf0.mailarc,S=3,W=4", digest: digest("x"), sourceSize: 4,
        source: "", flags: Flags(.flagged))),
    .flags(name: "1078000001.V7U1H0123456789abcdef.mailarc,S=10,W=12", Flags(.flagged)),
    .flags(name: "99.R0000000000000000.mailarc,S=1,W=1", Flags(.seen)),
    .deleted(name: "5.R0123456789abcdf0.mailarc,S=3,W=4"),
    .home("1048577"), .incomplete(digest("x")),
  ]

  private func open(readOnly: Bool = false) throws -> ConvertJournal {
    try ConvertJournal(
      in: directory.directory, key: "convert", mailbox: mailbox, readOnly: readOnly)
  }

  @Test func `the golden journal says what its document says`() throws {
    try directory.put("convert.journal", try golden("convert.journal"))
    var expected = ConvertRecord()
    for event in events { expected.apply(event) }
    #expect(try open(readOnly: true).record == expected)
    #expect(expected.messages.count == 3)
    #expect(
      expected.messages["1078000001.V7U1H0123456789abcdef.mailarc,S=10,W=12"]?.flags
        == Flags(.flagged))
  }

  @Test func `what is written is what the golden journal has`() throws {
    let journal = try open()
    for event in events { journal.write(event) }
    try journal.flush()
    #expect(journal.record == ConvertRecord())
    let known = try golden("convert.journal").split(separator: 10).dropLast()
    #expect(try readBytes(directory.file("convert.journal")).split(separator: 10) == Array(known))
  }

  @Test func `what was forgotten is still on disk`() throws {
    let journal = try open()
    journal.append(events[0])
    try journal.flush()
    #expect(journal.record.messages.count == 1)
    journal.forget()
    #expect(journal.record.messages.isEmpty)
    #expect(try open(readOnly: true).record.messages.count == 1)
  }
}
