import Mail
import Testing

struct MailboxNameTests {
  @Test(arguments: ["inbox", "INBOX", "InBox"])
  func `INBOX has no case`(_ text: String) throws {
    let name = try #require(MailboxName([text]))
    #expect(name == .inbox)
    #expect(name.isInbox)
    #expect(name.components == ["INBOX"])
    #expect(try #require(MailboxName([text, "x"])).components == [text, "x"])
    #expect(try !#require(MailboxName([text, "x"])).isInbox)
  }

  @Test func `a name has components and none is empty`() {
    #expect(MailboxName([]) == nil)
    #expect(MailboxName([""]) == nil)
    #expect(MailboxName(["a", ""]) == nil)
  }

  @Test func `names that only normalisation equates are two`() throws {
    let composed = try #require(MailboxName(["\u{E9}"]))
    let decomposed = try #require(MailboxName(["e\u{301}"]))
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed]).count == 2)
    #expect((composed < decomposed) != (decomposed < composed))
  }

  @Test(
    arguments: [
      (["a"], "a"), (["a", "b"], "a/b"), (["a/b"], "a%2Fb"), (["100%"], "100%25"),
      (["\t\n\u{0}\u{7F}"], "%09%0A%00%7F"), (["é", "日"], "é/日"), ([" ", "."], " /."),
      (["%2F"], "%252F"),
    ] as [([String], String)])
  func `the form for state files comes back`(_ components: [String], _ text: String) throws {
    let name = try #require(MailboxName(components))
    #expect(name.stateForm == text)
    #expect(MailboxName(stateForm: text) == name)
  }

  @Test(arguments: ["", "/", "a/", "/a", "a//b", "%", "%2", "%ZZ", "%FF"])
  func `what is no such form is refused`(_ text: String) {
    #expect(MailboxName(stateForm: text) == nil)
  }

  @Test func `names are ordered, INBOX first`() throws {
    let texts = ["INBOX", "A", "A/b", "A/c", "B", "INBOX/x", "a", "é"]
    let names = try texts.map { try #require(MailboxName(stateForm: $0)) }
    #expect(names.reversed().sorted() == names)
    #expect(names[2].parent == names[1])
    #expect(names[0].parent == nil)
  }
}
