import Mail
import Protocols
import Testing

@testable import Clients

/// Connections to servers that follow a script.
@Suite struct ConnectionTests {

  @Test func `one LIST tells names, uses, subscriptions and status`() throws {
    let tree = try ScriptedConnection.run(
      """
      S: * PREAUTH [CAPABILITY IMAP4rev1 LIST-EXTENDED LIST-STATUS SPECIAL-USE CONDSTORE] hi
      C~ $1 LIST "" "*" RETURN (
      S: * LIST (\\Subscribed) "." INBOX
      S: * LIST (\\HasNoChildren \\Sent) "." INBOX.Sent
      S: * LIST (\\NonExistent \\Subscribed) "." INBOX.Gone
      S: * LIST (\\Noselect) "." "INBOX.Caf&AOk-"
      S: * STATUS INBOX (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 12)
      S: $1 OK done
      """
    ) { connection in
      _ = try connection.next()
      connection.namespaces = Namespaces(
        personal: [
          NamespaceEntry(
            prefix: RawMailboxName(bytes: Array("INBOX.".utf8)), separator: UInt8(ascii: "."))
        ], otherUsers: [], shared: [])
      return try connection.listMailboxes()
    }
    #expect(tree.mailboxes.map(\.name.components) == [["INBOX"], ["Café"], ["Sent"]])
    #expect(tree.mailboxes.map(\.isSelectable) == [true, false, true])
    #expect(tree.mailboxes.map(\.isSubscribed) == [true, false, false])
    #expect(tree.mailboxes.last?.specialUses == [.sent])
    #expect(tree.mailboxes.first?.status?.messages == 3)
    #expect(tree.mailboxes.first?.status?.highestModSeq?.value == 12)
  }

  @Test func `without extensions LIST, LSUB and STATUS do, and a refused STATUS is no failure`()
    throws
  {
    let tree = try ScriptedConnection.run(
      """
      S: * PREAUTH [CAPABILITY IMAP4rev1] hi
      C~ $1 LIST "" "*"
      C~ $2 LSUB "" "*"
      S: * LIST () "/" INBOX
      S: * LIST () "/" Broken
      S: * LIST (\\Noselect) "/" Parent
      S: $1 OK done
      S: * LSUB () "/" INBOX
      S: $2 OK done
      C~ $3 STATUS "INBOX" (
      C~ $4 STATUS "Broken" (
      S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)
      S: $3 OK done
      S: $4 NO [SERVERBUG] broken
      """
    ) { connection in
      _ = try connection.next()
      return try connection.listMailboxes()
    }
    #expect(tree.mailboxes.map(\.name.description) == ["INBOX", "Broken", "Parent"])
    #expect(tree.mailboxes.map { $0.status?.messages } == [1, nil, nil])
    #expect(tree.mailboxes.map(\.isSubscribed) == [true, false, false])
  }

  @Test func `a BYE in the middle is told with the server's words`() throws {
    let error = #expect(throws: ClientError.self) {
      try ScriptedConnection.run(
        """
        S: * PREAUTH [CAPABILITY IMAP4rev1] hi
        C~ $1 NOOP
        S: * BYE going down
        S! close
        """
      ) { connection in
        _ = try connection.next()
        try connection.run(.noop, "NOOP")
      }
    }
    guard case .serverClosed(let text)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(text.text == "going down")
    #expect(error?.isRetryable == true)
  }

  @Test(arguments: ["$1 NO", "$1 BAD", "* BYE"])
  func `a server that repeats the password in its refusal is not repeated`(_ word: String) throws {
    let error = #expect(throws: ClientError.self) {
      try ScriptedConnection.run(
        """
        S: * OK [CAPABILITY IMAP4rev1] hi
        C~ $1 LOGIN
        S: \(word) can't do LOGIN "ada" "secret"
        """
      ) { connection in
        _ = try connection.next()
        try connection.authenticate()
      }
    }
    #expect("\(error as Any)".contains(Redaction.replacement))
    #expect(!"\(error as Any)".contains("secret"))
  }

  @Test func `what a refused command says is kept, and the connection goes on`() throws {
    try ScriptedConnection.run(
      """
      S: * PREAUTH [CAPABILITY IMAP4rev1] hi
      C~ $1 NOOP
      S: $1 NO [UNAVAILABLE] later
      C~ $2 NOOP
      S: $2 OK fine
      """
    ) { connection in
      _ = try connection.next()
      let error = #expect(throws: ClientError.self) { try connection.run(.noop, "NOOP") }
      #expect(error?.isRetryable == true)
      #expect(try connection.run(.noop, "NOOP").text == "fine")
    }
  }
}
