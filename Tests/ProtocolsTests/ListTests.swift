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
}
