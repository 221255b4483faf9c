import Mail
import Testing

@testable import Stores

/// `Content-Length`, true and lying.
struct MboxLengthTests {
  static let from = MboxSplitterTests.from

  /// A message in an mbox with lengths; `length` says something else than the body's own.
  static func message(
    _ subject: String, _ body: String, length: String? = nil, more: String = ""
  ) -> String {
    from + "Subject: \(subject)\nContent-Length: \(length ?? "\(body.utf8.count)")\n\(more)\n"
      + body + "\n"
  }

  static func content(_ subject: String, _ body: String, fields: String = "") -> String {
    "Subject: \(subject)\n\(fields)\n\(body)"
  }

  static let nested =
    "an mbox:\n\n" + from + "Subject: inner\n\ninner text\n\n" + from
    + "\nFrom here on\nit goes on\n"

  @Test func `lengths that hold keep From_ lines inside`() throws {
    let file =
      Self.message("1", "one\n") + Self.message("2", Self.nested) + Self.message("3", "three\n")
      + Self.message("4", "")
    let mbox = try ReadMbox(file)
    #expect(
      mbox.texts == [
        Self.content("1", "one\n"), Self.content("2", Self.nested), Self.content("3", "three\n"),
        Self.content("4", ""),
      ])
    #expect(mbox.splitter.dialect == .mboxcl2)
    #expect(mbox.splitter.reason.contains("in 4 of 4 messages; 2 lines like it are inside"))
  }

  @Test func `a file turned to CRLF keeps its lengths`() throws {
    let file =
      Self.message("1", "one\n") + Self.message("2", Self.nested) + Self.message("3", "three\n")
    let mbox = try ReadMbox(
      file.split(separator: "\n", omittingEmptySubsequences: false)
        .joined(separator: "\r\n"))
    #expect(mbox.messages.count == 3)
    #expect(mbox.messages.allSatisfy { $0.isWireForm })
    #expect(
      mbox.texts[1]
        == Self.content("2", Self.nested).split(separator: "\n", omittingEmptySubsequences: false)
        .joined(separator: "\r\n"))
  }

  @Test(arguments: [
    "0", "1", "3", "5", "6", "7", "40", "100", "9999", "99999999999999999999999", "-1", "+4",
    "4 bytes", "0x4", "", "4\nContent-Length: 4", "four",
  ])
  func `a length that lies neither loses nor merges`(_ lie: String) throws {
    let file =
      Self.message("1", "one\n", length: lie) + Self.message("2", "two\n")
      + Self.message("3", "three\n") + Self.message("4", "four\n")
    let mbox = try ReadMbox(file)
    #expect(mbox.messages.count == 4)
    // The empty line before the next From_ line may count as the message's own, as its writer says.
    let longer = lie == "5" ? "one\n\n" : "one\n"
    #expect(mbox.texts[0] == Self.content("1", longer))
    #expect(mbox.texts[1] == Self.content("2", "two\n"))
    #expect(mbox.texts[3] == Self.content("4", "four\n"))
  }

  /// The length that reaches to the end of the message behind.
  static func spanning(_ body: String, _ next: String) -> String {
    "\((body + "\n" + next).utf8.count - 1)"
  }

  @Test(arguments: [true, false])
  func `a length that spans two messages exactly does not merge them`(_ others: Bool) throws {
    func other(_ number: Int) -> String {
      others
        ? Self.message("\(number)", "text \(number)\n")
        : Self.from + "Subject: \(number)\n\ntext \(number)\n\n"
    }
    for place in 0..<3 {
      let next = other(place + 1)
      let liar = Self.message(
        "\(place)", "liar\n", length: Self.spanning("liar\n", next))
      let file =
        (0..<place).map(other).joined() + liar + next + ((place + 2)..<5).map(other).joined()
      let mbox = try ReadMbox(file)
      #expect(mbox.messages.count == max(place + 2, 5), "\(place): \(mbox.splitter.reason)")
      #expect(
        mbox.texts.map { $0.utf8.prefix(10).last.map(Int.init) }
          == (0..<max(place + 2, 5)).map { 48 + $0 })
    }
  }

  @Test func `Lines settles what a length may span`() throws {
    let inner = Self.from + "Subject: inner\n\ninner\n"
    let body = "text\n\n" + inner
    let lines = body.utf8.count { $0 == 10 }
    let right = try ReadMbox(Self.message("1", body, more: "Lines: \(lines)\n"))
    #expect(right.texts == [Self.content("1", body)])
    let wrong = try ReadMbox(Self.message("1", body, more: "Lines: 1\n"))
    #expect(wrong.messages.count == 2)
    let none = try ReadMbox(Self.message("1", body))
    #expect(none.messages.count == 2)
  }

  @Test func `a file cut in the middle keeps its lengths`() throws {
    let file =
      Self.message("1", Self.nested) + Self.message("2", "two\n")
      + Self.message("3", "cut", length: "1000")
    let mbox = try ReadMbox(file)
    #expect(mbox.messages.count == 3)
    #expect(mbox.texts[0] == Self.content("1", Self.nested))
  }

  @Test func `new mail without lengths may stand behind`() throws {
    let file =
      Self.message("1", Self.nested) + Self.message("2", "two\n") + Self.from
      + "Subject: 3\n\nthree\n\n" + Self.from + "Subject: 4\n\nfour\n\n"
    let mbox = try ReadMbox(file)
    #expect(mbox.messages.count == 4)
    #expect(mbox.texts[0] == Self.content("1", Self.nested))
  }

  @Test func `a length here and there came with the mail`() throws {
    let file =
      Self.from + "Subject: 1\n\none\n\n" + Self.from + "Subject: 2\n\ntwo\n\n"
      + Self.message("3", "three\n", more: "Lines: 1\n")
    let mbox = try ReadMbox(file)
    #expect(
      mbox.texts[2] == Self.content("3", "three\n", fields: "Content-Length: 6\nLines: 1\n"))
    #expect(mbox.splitter.dialect == .mboxo)
  }

  @Test func `a dialect that is asked for wins`() throws {
    let file = Self.message("1", Self.nested) + Self.message("2", ">From x\n>>From x\n")
    let plain = try ReadMbox(file, forced: .mboxo)
    #expect(plain.messages.count == 4)
    let lengths = try ReadMbox(file, forced: .mboxcl2)
    #expect(lengths.messages.count == 2)
    let unquoted = try ReadMbox(file, forced: .mboxrd)
    #expect(unquoted.texts.last?.hasSuffix("\n\nFrom x\n>From x\n") == true)
    #expect(unquoted.splitter.reason == "mboxrd, as was asked for")
  }
}
