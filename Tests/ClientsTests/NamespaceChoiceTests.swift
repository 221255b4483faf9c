import Mail
import Protocols
import Testing

@testable import Clients

/// What the user says of an account's mailbox names, against what the server says.
@Suite struct NamespaceChoiceTests {
  /// Lists what a server without NAMESPACE tells.
  private func names(
    _ choice: NamespaceChoice, _ entries: [String], told: Namespaces? = nil
  ) throws -> ServerTree {
    let lines = entries.map { "S: * LIST () \($0)" }.joined(separator: "\n")
    return try ScriptedConnection.run(
      """
      S: * PREAUTH [CAPABILITY IMAP4rev1 LIST-EXTENDED LIST-STATUS] hi
      C~ $1 LIST "" "*" RETURN (
      \(lines)
      S: $1 OK done
      """, namespaces: choice
    ) { connection in
      _ = try connection.next()
      connection.namespaces = told
      return try connection.listMailboxes()
    }
  }

  private func told(_ prefix: String, _ separator: String) -> Namespaces {
    Namespaces(
      personal: [
        NamespaceEntry(
          prefix: RawMailboxName(bytes: Array(prefix.utf8)), separator: separator.utf8.first)
      ], otherUsers: [], shared: [])
  }

  @Test func `a separator that the server does not tell`() throws {
    var choice = NamespaceChoice()
    choice.separator = .octet(UInt8(ascii: "."))
    let tree = try names(choice, [#"NIL INBOX"#, #""/" Work.2024"#, #"NIL "Caf&AOk-.A/B""#])
    #expect(
      tree.mailboxes.map(\.name.components) == [["INBOX"], ["Café", "A/B"], ["Work", "2024"]])
    #expect(tree.separator == UInt8(ascii: "."))
  }

  @Test func `no separator at all`() throws {
    var choice = NamespaceChoice()
    choice.separator = .none
    let tree = try names(choice, [#""/" INBOX"#, #""/" A/B"#], told: told("", "/"))
    #expect(tree.mailboxes.map(\.name.components) == [["INBOX"], ["A/B"]])
    #expect(tree.separator == nil)
  }

  @Test(arguments: ["INBOX.", "INBOX"])
  func `a prefix that the server does not tell`(_ prefix: String) throws {
    var choice = NamespaceChoice()
    choice.prefix = prefix
    let tree = try names(choice, [#""." INBOX"#, #""." INBOX.Work.2024"#, #""." Other"#])
    #expect(
      tree.mailboxes.map(\.name.components) == [["INBOX"], ["Other"], ["Work", "2024"]])
    #expect(tree.prefix.description == "INBOX.")
  }

  @Test func `no prefix where the server tells one`() throws {
    var choice = NamespaceChoice()
    choice.prefix = ""
    let tree = try names(
      choice, [#""." INBOX"#, #""." INBOX.Work"#], told: told("INBOX.", "."))
    #expect(tree.mailboxes.map(\.name.components) == [["INBOX"], ["INBOX", "Work"]])
    #expect(tree.prefix.bytes == [])
  }

  @Test func `a prefix with a letter that is not in ASCII is sent encoded`() throws {
    var choice = NamespaceChoice()
    choice.prefix = "Büro/"
    let tree = try names(choice, [#""/" "B&APw-ro/Post""#])
    #expect(tree.mailboxes.map(\.name.components) == [["Post"]])
  }

  @Test func `other namespaces are asked for by their prefixes, and a refusal is no failure`()
    throws
  {
    var choice = NamespaceChoice()
    choice.all = true
    func entry(_ prefix: String) -> NamespaceEntry {
      NamespaceEntry(
        prefix: RawMailboxName(bytes: Array(prefix.utf8)), separator: UInt8(ascii: "/"))
    }
    let tree = try ScriptedConnection.run(
      """
      S: * PREAUTH [CAPABILITY IMAP4rev1] hi
      C~ $1 LIST "" "*"
      C~ $2 LSUB "" "*"
      S: * LIST () "/" INBOX
      S: $1 OK done
      S: $2 OK done
      C~ $3 STATUS "INBOX" (
      S: * STATUS INBOX (MESSAGES 1)
      S: $3 OK done
      C~ $4 LIST "" "Virtual/*"
      C~ $5 LSUB "" "Virtual/*"
      S: * LIST () "/" Virtual/All
      S: $4 OK done
      S: $5 OK done
      C~ $6 STATUS "Virtual/All" (
      S: * STATUS Virtual/All (MESSAGES 2)
      S: $6 OK done
      C~ $7 LIST "" "Users/*"
      C~ $8 LSUB "" "Users/*"
      S: $7 NO not for you
      S: $8 NO not for you
      C~ $9 LIST "" "Shared/*"
      C~ $10 LSUB "" "Shared/*"
      S: * LIST () "/" Shared/Team
      S: $9 OK done
      S: $10 OK done
      C~ $11 STATUS "Shared/Team" (
      S: * STATUS Shared/Team (MESSAGES 3)
      S: $11 OK done
      """, namespaces: choice
    ) { connection in
      _ = try connection.next()
      connection.namespaces = Namespaces(
        personal: [entry(""), entry("Virtual/")], otherUsers: [entry("Users/")],
        shared: [entry("Shared/")])
      return try connection.listMailboxes()
    }
    #expect(tree.mailboxes.map(\.name.description) == ["INBOX", "Shared/Team", "Virtual/All"])
    #expect(tree.mailboxes.map { $0.status?.messages } == [1, 3, 2])
  }
}
