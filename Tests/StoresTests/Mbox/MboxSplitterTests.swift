import Mail
import Testing

@testable import Stores

struct MboxSplitterTests {
  static let from = "From a@example.org Tue Nov 14 22:13:20 2023\n"

  @Test(arguments: ["From me to you\n", "From me\n"])
  func `a text that ends like a From_ line does not hide the one behind it`(
    _ last: String
  ) throws {
    let mbox = try ReadMbox(
      Self.from + "Subject: 1\n\ntext\n\n" + last + Self.from + "Subject: 2\n\ntext\n\n")
    #expect(mbox.texts == ["Subject: 1\n\ntext\n\n" + last, "Subject: 2\n\ntext\n"])
  }

  @Test func `messages of ours are read back`() throws {
    let base = "1700000000.V1U3H0123456789abcdef.mailarc,S=17,W=18"
    let keywords = "X-Keywords: $Forwarded a%20b                           \n"
    let text =
      Self.from
      + "Subject: x\nStatus: mine\nX-Mailarc: \(base) newline\nStatus: RO\nX-Status: AF  \n"
      + keywords + "\n>From here\n>>From there\n> From\nend\n\n"
      + Self.from + "X-Mailarc: \(base) blank\nStatus: O \nX-Status:     \n" + keywords
      + "\nno field\n\n"
      + Self.from + "X-Mailarc: \(base)\nStatus: O \nX-Status:     \n" + keywords + "\n"
      + Self.from + "X-Mailarc: \(base)\nStatus: O \nX-Status:     \n" + keywords + "\n\n"
      + Self.from + ">From x\n" + Self.from
    let mbox = try ReadMbox(text)
    #expect(
      mbox.texts.prefix(4) == [
        "Subject: x\nStatus: mine\n\nFrom here\n>From there\n> From\nend", "no field\n", "", "\n",
      ])
    #expect(
      mbox.messages[0].flags
        == Flags(
          [.seen, .answered, .flagged], keywords: [Keyword("$Forwarded"), Keyword("a b")]))
    #expect(mbox.messages.prefix(4).allSatisfy { $0.mark != nil })
    #expect(mbox.splitter.evidence.ours == 4)
  }
}
