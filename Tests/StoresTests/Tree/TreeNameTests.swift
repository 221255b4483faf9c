import Mail
import Testing

@testable import Stores

/// Names in the trees of other programs.
struct TreeNameTests {
  @Test(arguments: try golden("tree-names.txt"))
  func `names are read`(_ row: [String]) throws {
    let name = Array(row[1].utf8)
    if row[0] == "D" {
      #expect(TreeName.components(ofDirectory: name)?.joined(separator: "/") == row[2])
      return
    }
    #expect(TreeName.text(of: TreeName.withoutSuffix(name)) == row[2])
    let kind =
      switch TreeName.kind(ofFile: name) {
      case .companion: "companion"
      case .message: "message"
      case .unknown: "unknown"
      case .otherMail: "other mail"
      }
    #expect(kind == row[3])
  }

  @Test func `what is neither UTF-8 nor modified UTF-7 has no name`() {
    #expect(TreeName.components(ofDirectory: [0x42, 0xE9]) == nil)
    #expect(TreeName.components(ofDirectory: Array(".a.".utf8) + [0xE9]) == nil)
    #expect(TreeName.text(of: [0x26, 0xE9, 0x2D]) == nil)
  }

  @Test func `INBOX has no case at the top`() {
    #expect(TreeName.mailbox(["Inbox"]) == .inbox)
    #expect(TreeName.mailbox(["inbox", "lists"])?.components == ["INBOX", "lists"])
    #expect(TreeName.mailbox(["lists", "inbox"])?.components == ["lists", "inbox"])
    #expect(TreeName.mailbox([]) == nil)
  }
}
