import Mail
import Testing

@testable import Protocols

/// What commands look like on the wire.
@Suite struct CommandTests {
  @Test(
    arguments: [
      (.capability, "CAPABILITY"), (.noop, "NOOP"), (.logout, "LOGOUT"), (.startTLS, "STARTTLS"),
      (.namespace, "NAMESPACE"), (.unselect, "UNSELECT"),
      (.id([:]), "ID NIL"),
      (.id(["name": "mailarc", "a": "\""]), #"ID ("a" "\"" "name" "mailarc")"#),
      (.enable([.qResync, .utf8Accept]), "ENABLE QRESYNC UTF8=ACCEPT"),
      (.login(user: #"a\b"#, password: Secret("")), #"LOGIN "a\\b" """#),
      (.lsub(reference: raw(""), pattern: raw("*")), #"LSUB "" "*""#),
      (.list(reference: raw(""), pattern: raw("%"), returning: []), #"LIST "" "%""#),
      (
        .list(reference: raw(""), pattern: raw("*"), returning: [.children, .status([.size])]),
        #"LIST "" "*" RETURN (CHILDREN STATUS (SIZE))"#
      ),
      (.status(.inbox, [.messages, .unseen]), #"STATUS "INBOX" (MESSAGES UNSEEN)"#),
      (.status(.inbox, [.size, .appendLimit]), #"STATUS "INBOX" (SIZE APPENDLIMIT)"#),
      (.getQuotaRoot(raw("a b")), #"GETQUOTAROOT "a b""#),
      (
        .uidSearch([.before(InternalDate(epochSeconds: 837_596_665))], extended: false),
        "UID SEARCH BEFORE 17-Jul-1996"
      ),
      (.uidSearch([.larger(4096)], extended: false), "UID SEARCH LARGER 4096"),
      (.examine(.inbox, .plain), #"EXAMINE "INBOX""#),
      (.select(.inbox, .condStore), #"SELECT "INBOX" (CONDSTORE)"#),
      (
        .examine(
          .inbox,
          .qResync(UIDValidity(7), ModificationSequence(8), knownUIDs: [uid(1), uid(2), uid(9)])),
        #"EXAMINE "INBOX" (QRESYNC (7 8 1:2,9))"#
      ),
      (.create(raw("a b"), specialUse: nil), #"CREATE "a b""#),
      (.create(raw("x"), specialUse: .drafts), #"CREATE "x" (USE (\Drafts))"#),
      (.subscribe(raw("x")), #"SUBSCRIBE "x""#),
      (.unsubscribe(raw("x")), #"UNSUBSCRIBE "x""#),
      (.delete(raw("x")), #"DELETE "x""#),
      (
        .uidFetch(
          .set([uid(3), uid(4)]), [.uid, .size, .modSeq, .headerFields(["A", "B"]), .header],
          changedSince: nil, vanished: false),
        "UID FETCH 3:4 (UID RFC822.SIZE MODSEQ BODY.PEEK[HEADER.FIELDS (A B)] BODY.PEEK[HEADER])"
      ),
      (
        .uidFetch(.from(uid(5)), [.flags], changedSince: ModificationSequence(9), vanished: false),
        "UID FETCH 5:* (FLAGS) (CHANGEDSINCE 9)"
      ),
      (
        .uidStore(
          .set([uid(3)]), .add, Flags([.seen], keywords: [Keyword("a")]),
          unchangedSince: ModificationSequence(9), silent: true),
        #"UID STORE 3 (UNCHANGEDSINCE 9) +FLAGS.SILENT (\Seen a)"#
      ),
      (
        .uidStore(.all, .replace, Flags(), unchangedSince: nil, silent: false),
        "UID STORE 1:* FLAGS ()"
      ),
      (.uidCopy(.all, to: raw("x")), #"UID COPY 1:* "x""#),
      (.uidMove(.all, to: raw("x")), #"UID MOVE 1:* "x""#),
      (.uidExpunge(.set([uid(3)])), "UID EXPUNGE 3"),
      (
        .uidSearch([.uid(.all), .header(name: "X", contains: Array("é".utf8))], extended: true),
        "UID SEARCH RETURN (ALL) CHARSET UTF-8 UID 1:* HEADER \"X\" {2+}\r\né"
      ),
    ] as [(IMAPCommand, String)])
  func text(_ command: IMAPCommand, _ text: String) {
    var driver = SessionDriver(greeting: "PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hi")
    #expect(driver.send(command) == "A1 \(text)\r\n")
  }

  @Test func keywordsNeverEndTheCommand() {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    let evil = Flags(
      [.seen], keywords: [Keyword("a)\r\nA9 DELETE INBOX"), Keyword(""), Keyword("ok")])
    #expect(
      driver.send(.uidStore(.all, .add, evil, unchangedSince: nil, silent: false))
        == "A1 UID STORE 1:* +FLAGS (\\Seen ok)\r\n")
    #expect(evil.unsendableKeywords.count == 2)
    #expect(Flags(imap: ["\\Extension", "$ok"]).unsendableKeywords.isEmpty)
    #expect(Flags(imap: ["caf\u{e9}", "\\"]).unsendableKeywords.count == 2)
  }

  @Test(arguments: ["a\r\nA9 NOOP", "a\0b", "a\nb", "\u{7f}"])
  func controlCharactersGoAsLiterals(_ name: String) {
    var driver = SessionDriver(greeting: "PREAUTH [CAPABILITY LITERAL+] hi")
    let sent = driver.send(.subscribe(raw(name)))
    #expect(sent == "A1 SUBSCRIBE {\(name.utf8.count)+}\r\n\(name)\r\n")
  }

  @Test func literalMinusWaitsBeyond4096() {
    var driver = SessionDriver(greeting: "PREAUTH [CAPABILITY LITERAL-] hi")
    let name = String(repeating: "x", count: 4096)
    #expect(driver.send(.subscribe(raw(name))) == "A1 SUBSCRIBE {4096+}\r\n\(name)\r\n")
    #expect(driver.send(.subscribe(raw(name + "x"))) == "A2 SUBSCRIBE {4097}\r\n")
  }

  @Test func laterCommandsQueueBehindALiteral() {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    #expect(driver.send(.subscribe(raw("\u{e9}"))) == "A1 SUBSCRIBE {2}\r\n")
    #expect(driver.send(.subscribe(raw("\u{e8}"))).isEmpty)
    #expect(driver.send(.noop).isEmpty)
    _ = driver.receive("+ ok\r\n")
    #expect(driver.output() == "\u{e9}\r\nA2 SUBSCRIBE {2}\r\n")
    _ = driver.receive("A1 OK done\r\n")
    #expect(driver.output().isEmpty)
    _ = driver.receive("A2 NO no such literal\r\n")
    #expect(driver.output() == "A3 NOOP\r\n")
    #expect(driver.session.outstanding == [CommandTag(number: 3): .other])
  }

  @Test func utf8IsQuotedWhereItWasEnabled() {
    var driver = SessionDriver(greeting: "PREAUTH hi")
    _ = driver.send(.enable([.utf8Accept]))
    _ = driver.receive("* ENABLED UTF8=ACCEPT\r\nA1 OK\r\n")
    #expect(driver.session.usesUTF8Names)
    #expect(driver.send(.subscribe(raw("\u{e9}"))) == "A2 SUBSCRIBE \"\u{e9}\"\r\n")
  }

  @Test func nothingIsPipelinedBehindAuthenticate() {
    var driver = SessionDriver(greeting: "OK hi")
    let command = IMAPCommand.authenticatePlain(
      authorizationID: "", user: "u", password: Secret("p"), initialResponse: false)
    #expect(driver.send(command) == "A1 AUTHENTICATE PLAIN\r\n")
    #expect(driver.send(.capability).isEmpty)
    _ = driver.receive("+ \r\n")
    #expect(driver.output() == "AHUAcA==\r\n")
    _ = driver.receive("A1 OK\r\n")
    #expect(driver.output() == "A2 CAPABILITY\r\n")
  }

  @Test func secretsDoNotShow() {
    let command = IMAPCommand.login(user: "u", password: Secret("hunter2"))
    var dumped = ""
    dump(command, to: &dumped)
    for text in ["\(command)", String(reflecting: command), dumped] {
      #expect(!text.contains("hunter2"))
    }
    #expect(Secret("hunter2").declassify() == Array("hunter2".utf8))
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("foobar", "Zm9vYmFy"), ("\u{ff}>?", "w78+Pw=="),
  ])
  func base64(_ plain: String, _ encoded: String) {
    #expect(String(decoding: Base64.encode(Array(plain.utf8)), as: UTF8.self) == encoded)
  }
}

private func raw(_ text: String) -> RawMailboxName { RawMailboxName(bytes: Array(text.utf8)) }
