import Testing

@testable import Protocols

/// Mailbox names as servers write them.
@Suite struct ListTests {
  @Test(arguments: [
    (#"* LIST () "/" INBOX"#, "INBOX"),
    (#"* LIST () "/" """#, ""),
    (#"* LIST () "/" "a \"b\" \\c""#, #"a "b" \c"#),
    ("* LIST () \"/\" {4}\r\n{9}x", "{9}x"),
    ("* LIST () \"/\" ~{2}\r\n\u{e9}", "\u{e9}"),
    (#"* LIST (\HasNoChildren)  "/"  x  "#, "x"),
    (#"* LIST () "/" NIL"#, "NIL"),
    // Unquoted names with bytes that have to be quoted.
    (#"* LIST () "/" Sent Items"#, "Sent Items"),
    (#"* LIST () "/" a%b*c]d{e"#, "a%b*c]d{e"),
    (#"* LIST () "/" Mail(old)"#, "Mail(old)"),
    (#"* LIST () "/" x ("OLDNAME" ("y"))"#, "x"),
  ])
  func names(_ line: String, _ name: String) {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    guard case .list(let entry)? = driver.receive(line + "\r\n").first else {
      return #expect(Bool(false), "no LIST")
    }
    #expect(entry.rawName.bytes == Array(name.utf8))
  }

  @Test(arguments: [
    "* LIST", "* LIST ()", #"* LIST () "/""#, #"* LIST () "//" x"#, #"* LIST () / x"#,
    #"* LIST () "/" "x"#, #"* LIST () "/" "x" y"#, #"* LIST \Marked "/" x"#,
  ])
  func malformed(_ line: String) {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    #expect(driver.receive(line + "\r\n") == [.malformed(Evidence(line.utf8))])
  }

  @Test(arguments: [
    (#"* STATUS "a b" (MESSAGES 3)"#, "a b"),
    ("* STATUS {3}\r\na b (MESSAGES 3)", "a b"),
    ("* STATUS plain (MESSAGES 3)", "plain"),
    // Unquoted names with bytes that have to be quoted.
    ("* STATUS with space (MESSAGES 3 UIDNEXT 4)", "with space"),
    ("* STATUS a  b  (MESSAGES 3)", "a  b"),
    ("* STATUS Mail (old) (MESSAGES 3 MAILBOXID (F1))", "Mail (old)"),
    ("* STATUS a :-) (MESSAGES 3)", "a :-)"),
  ])
  func namesOfStatus(_ line: String, _ name: String) {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    guard case .status(let raw, let items)? = driver.receive(line + "\r\n").first else {
      return #expect(Bool(false), "no STATUS")
    }
    #expect(raw.bytes == Array(name.utf8))
    #expect(items.messages == 3)
  }

  @Test(arguments: [
    "* STATUS", "* STATUS x", "* STATUS (MESSAGES 3)", "* STATUS with space",
    "* STATUS a b (MESSAGES", "* STATUS a b MESSAGES 3)", #"* STATUS "a" b (MESSAGES 3)"#,
    "* STATUS a b (MESSAGES x)",
  ])
  func malformedStatus(_ line: String) {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    #expect(driver.receive(line + "\r\n") == [.malformed(Evidence(line.utf8))])
  }
}
