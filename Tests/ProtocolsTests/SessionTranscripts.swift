import Mail
import Protocols
import TestSupport
import Testing

/// A conversation and the commands that the client sends in it.
struct SessionTranscript: Sendable, CustomTestStringConvertible {
  let name: String
  let commands: [IMAPCommand]
  let transcript: Transcript

  init(_ name: String, commands: [IMAPCommand], _ text: String) {
    self.name = name
    self.commands = commands
    transcript = Transcript(text)
  }

  var testDescription: String { name }

  var replay: TranscriptReplay {
    TranscriptReplay(transcript, commands: commands, limits: .standard)
  }
}

/// What servers say, each modelled on one that was seen.
enum SessionTranscripts {
  static let all = [
    dovecotPull, courier, cyrus, mailutils, pymap, qResync, oddBodies, oddLines, preauthenticated,
    rejected, byeInTheMiddle, synchronisingLogin, challenged, cancelled, quota,
  ]

  static let fetchAll = IMAPCommand.uidFetch(
    .all, [.uid, .flags, .internalDate, .body], changedSince: nil, vanished: false)

  static let dovecotPull = SessionTranscript(
    "Dovecot: login, LIST-STATUS, EXAMINE, FETCH",
    commands: [
      .login(user: "user", password: Secret("pass\"word")),
      .list(
        reference: RawMailboxName(bytes: []), pattern: RawMailboxName(bytes: [0x2a]),
        returning: [
          .specialUse, .subscribed, .status([.messages, .uidNext, .uidValidity, .highestModSeq]),
        ]),
      .examine(.inbox, .condStore), fetchAll, .logout,
    ],
    #"""
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ STARTTLS AUTH=PLAIN] Dovecot ready.
    C: $1 LOGIN "user" "pass\"word"
    S: $1 OK [CAPABILITY IMAP4rev1 LITERAL+ MULTIAPPEND UIDPLUS CONDSTORE QRESYNC ENABLE] Logged in
    C: $2 LIST "" "*" RETURN (SPECIAL-USE SUBSCRIBED STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))
    S: * LIST (\Subscribed \HasChildren) "." INBOX
    S: * STATUS INBOX (MESSAGES 2 UIDNEXT 6 UIDVALIDITY 1700000000 HIGHESTMODSEQ 12)
    S: * LIST (\HasNoChildren \Sent) "." "Gesendet &- Verschickt"
    S: * STATUS "Gesendet &- Verschickt" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1700000001 HIGHESTMODSEQ 1)
    S: * LIST (\Noselect \HasChildren) "." {8}
    S: odd"name
    S: $2 OK List completed (0.001 + 0.000 secs).
    C: $3 EXAMINE "INBOX" (CONDSTORE)
    S: * OK [CLOSED] Previous mailbox closed.
    S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded)
    S: * OK [PERMANENTFLAGS ()] Read-only mailbox.
    S: * 2 EXISTS
    S: * 0 RECENT
    S: * OK [UNSEEN 2] First unseen.
    S: * OK [UIDVALIDITY 1700000000] UIDs valid
    S: * OK [UIDNEXT 6] Predicted next UID
    S: * OK [HIGHESTMODSEQ 12] Highest
    S: $3 OK [READ-ONLY] Examine completed (0.001 + 0.000 secs).
    C: $4 UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])
    S: * 1 FETCH (UID 4 FLAGS (\Seen $Forwarded) INTERNALDATE "17-Jul-1996 02:44:25 -0700" BODY[] {13}
    S> A: b{{0d 0a 0d 0a}}body{{0d}}
    S: )
    S: * 2 FETCH (UID 5 FLAGS () INTERNALDATE "01-Jan-2024 00:00:00 +0000" BODY[] {0}
    S: )
    S: $4 OK Fetch completed (0.001 + 0.000 secs).
    C: $5 LOGOUT
    S: * BYE Logging out
    S: $5 OK Logout completed (0.001 + 0.000 secs).
    S! close
    """#)

  static let courier = SessionTranscript(
    "Courier: no CAPABILITY with LOGIN, quoted header names, prefix INBOX.",
    commands: [
      .login(user: "user", password: Secret("secret")), .capability, .namespace,
      .uidFetch(
        .all, [.headerFields(["MESSAGE-ID", "DATE"]), .size], changedSince: nil,
        vanished: false),
    ],
    #"""
    S: * OK [CAPABILITY IMAP4rev1 UIDPLUS CHILDREN NAMESPACE STARTTLS] Courier-IMAP ready.
    C: $1 LOGIN "user" "secret"
    S: $1 OK LOGIN Ok.
    C: $2 CAPABILITY
    S: * CAPABILITY IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=REFERENCES SORT QUOTA IDLE
    S: $2 OK CAPABILITY completed
    C: $3 NAMESPACE
    S: * NAMESPACE (("INBOX." ".")) NIL (("#shared." ".")("shared." "." "X-PARAM" ("FLAG1" "FLAG2")))
    S: $3 OK NAMESPACE completed.
    C~ $4 UID FETCH
    S: * 3 FETCH (UID 7 BODY[HEADER.FIELDS ("MESSAGE-ID" "DATE")] {22}
    S> Message-ID: <a@b>{{0d 0a 0d 0a}}x
    S:  RFC822.SIZE 5000000000)
    S: $4 OK FETCH completed.
    """#)

  static let cyrus = SessionTranscript(
    "Cyrus: capabilities before the tagged OK, literal8, MODSEQ, odd date padding",
    commands: [
      .login(user: "user", password: Secret("secret")),
      .uidFetch(
        .all, [.binaryBody, .modSeq, .emailID], changedSince: ModificationSequence(5),
        vanished: true),
    ],
    #"""
    S: * OK [CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE LOGINDISABLED AUTH=PLAIN] host Cyrus IMAP ready
    C: $1 LOGIN "user" "secret"
    S: * CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE CONDSTORE QRESYNC OBJECTID BINARY APPENDLIMIT=1000
    S: $1 OK User logged in SESSIONID=<x>
    C: $2 UID FETCH 1:* (BINARY.PEEK[] MODSEQ EMAILID) (CHANGEDSINCE 5 VANISHED)
    S: * VANISHED (EARLIER) 1:5,7
    S: * 1 FETCH (UID 9 MODSEQ (18446744073709551615) EMAILID (M1a-b_c) INTERNALDATE " 2-Jan-2024 03:04:05 +0100" BINARY[] ~{7}
    S> a{{00}}b{5}{{0a}}
    S: )
    S: $2 OK Completed (0.000 sec)
    """#)

  static let mailutils = SessionTranscript(
    "mailutils: INBOX without separator, header names in upper case, items of its own",
    commands: [
      .list(
        reference: RawMailboxName(bytes: []), pattern: RawMailboxName(bytes: [0x25]),
        returning: []),
      .uidFetch(
        .from(uid(999_999)), [.headerFields(["Message-ID"])],
        changedSince: nil, vanished: false),
    ],
    #"""
    S: * PREAUTH IMAP4rev1 GNU mailutils 3.15
    C: $1 LIST "" "%"
    S: * LIST (\NoInferiors) NIL INBOX
    S: * LIST (\NoSelect) "/" Mail
    S: $1 OK LIST Completed
    C: $2 UID FETCH 999999:* (BODY.PEEK[HEADER.FIELDS (Message-ID)])
    S: * 5 FETCH (UID 5 BODY[HEADER.FIELDS (MESSAGE-ID)] {21}
    S> Message-ID: <x@y>{{0d 0a 0d 0a}}
    S: )
    S: * 5 FETCH (FLAGS (\Seen \Recent))
    S: $2 OK FETCH Completed
    """#)

  static let pymap = SessionTranscript(
    "pymap: the body before the UID, no NAMESPACE",
    commands: [.namespace, fetchAll],
    #"""
    S: * PREAUTH [CAPABILITY IMAP4rev1 UIDPLUS MULTIAPPEND LITERAL+] Server ready
    C: $1 NAMESPACE
    S: $1 BAD NAMESPACE: Command not found
    C~ $2 UID FETCH
    S: * 1 FETCH (BODY[] {6}
    S> hello{{0a}}
    S:  UID 101 FLAGS (\Seen) INTERNALDATE "not a date" X-EXTRA (a (b "c)" {3}
    S> )){{0a}}
    S: ) NIL) THREADID NIL)
    S: $2 OK UID FETCH completed.
    """#)

  static let qResync = SessionTranscript(
    "QRESYNC, ESEARCH, LIST-EXTENDED, ENABLED",
    commands: [
      .enable([.qResync]),
      .select(
        .inbox,
        .qResync(
          UIDValidity(67_890_007), ModificationSequence(20_050_715_194_045_000), knownUIDs: [])
      ),
      .uidSearch([.all], extended: true),
      .uidSearch([.header(name: "X", contains: [])], extended: false),
    ],
    #"""
    S: * PREAUTH hello
    C: $1 ENABLE QRESYNC
    S: * ENABLED QRESYNC CONDSTORE
    S: $1 OK enabled
    C: $2 SELECT "INBOX" (QRESYNC (67890007 20050715194045000))
    S: * OK [CLOSED] previous mailbox is closed
    S: * 100 EXISTS
    S: * OK [UIDVALIDITY 67890007] UIDVALIDITY
    S: * OK [HIGHESTMODSEQ 20050715205900000] Highest
    S: * OK [MAILBOXID (F2212ea87-6097-4256-9d51-71338625)] id
    S: * OK [PERMANENTFLAGS (\Answered \Seen \*)] Permanent
    S: * VANISHED (EARLIER) 41,43:116,118,120:211,214:540
    S: * 49 FETCH (UID 117 FLAGS (\Seen \Answered) MODSEQ (20090715194045001))
    S: * VANISHED 4294967295
    S: * 5 EXPUNGE
    S: $2 OK [READ-WRITE] mailbox selected
    C: $3 UID SEARCH RETURN (ALL) ALL
    S: * ESEARCH (TAG "$3") UID ALL 1:17,21 COUNT 18 MIN 1 MAX 21 MODSEQ 917162488 X-FOO (1 2)
    S: $3 OK done
    C: $4 UID SEARCH HEADER "X" ""
    S: * SEARCH 2 84 882 (MODSEQ 917162500)
    S: * SEARCH
    S: * LIST (\NonExistent) "/" "Fruit" ("CHILDINFO" ("SUBSCRIBED" "X"))
    S: * LIST () "/" NewMailbox ("OLDNAME" ("OldMailbox") X-TAG 5)
    S: * LSUB () "/" "caf&AOk-"
    S: * STATUS {3}
    S> a b
    S:  (MESSAGES 3 X-ITEM (1 (2)) SIZE 8589934592 MAILBOXID (Fxy) DELETED 5 UIDNEXT 44292)
    S: * ID ("name" "Cyrus" "version" NIL "Vendor" {2}
    S> x{{0a}}
    S: )
    S: $4 OK [MODIFIED 7,9] done
    """#)

  static let oddBodies = SessionTranscript(
    "bodies that are quoted, NIL, missing, partial, or named otherwise",
    commands: [fetchAll],
    #"""
    S: * PREAUTH hello
    C~ $1 UID FETCH
    S: * 1 FETCH (UID 1 BODY[] "quoted \"\\ body")
    S: * 2 FETCH (UID 2 BODY[] NIL)
    S: * 3 FETCH (UID 3 FLAGS (\Draft))
    S: * 4 FETCH (rfc822 {2}
    S> ab
    S:  uid 4)
    S: * 5 fetch (uid 5 body[]<0> {3}
    S> abc
    S:  bOdY[1.MIME] {4}
    S> abcd
    S: )
    S: * 6 FETCH (UID 6 BODY[HEADER.FIELDS.NOT ("a]b")] "x" BODY[] {14}
    S> {5}{{0d 0a}}* 1 OK{{0d 0a}}x
    S: )
    S: * 7 FETCH (X (BODY[] {3}
    S> abc
    S: ) BODY[] "")
    S: * 8 FETCH (BODY[] {1}
    S> a
    S:  BODY[] {1}
    S> b
    S: )
    S: * 9 FETCH (UID 9 BODY[] {3}
    S> abc
    S:  FLAGS \Seen)
    S: $1 OK done
    """#)

  static let oddLines = SessionTranscript(
    "lines that are malformed, unknown, or end oddly",
    commands: [.noop],
    #"""
    S: * PREAUTH [X-CODE a b] hi {5}
    C: $1 NOOP
    S: * OK text that ends with {5}
    S: * XFOO bar {5}
    S> (((((
    S:  baz
    S: * LIST (\Marked "/" INBOX
    S: * 0 FETCH (UID 1)
    S: * 1 FETCH (UID 0)
    S: * 99999999999 EXISTS
    S: * 3 EXISTS EXTRA
    S: * VANISHED 1:*
    S: * STATUS x (MESSAGES)
    S: * LIST () "/" {8}
    S> foo{100}
    S:
    S> * 4 EXISTS{{0a}}
    S:
    S: garbage
    S: A99 OK not ours
    S: * OK [BADCHARSET ({{22}}a]b{{22}} UTF-8)] charset
    S: * NO [UNTERMINATED code
    S: * OK [] empty code
    S: * NO [OVERQUOTA]
    S: * BAD [THROTTLED] slow{{ff}}
    S: $1 MAYBE what
    S: $1 NO [LIMIT] too many
    """#)

  static let preauthenticated = SessionTranscript(
    "PREAUTH", commands: [], "S: * PREAUTH [CAPABILITY IMAP4rev2] welcome")

  static let rejected = SessionTranscript(
    "BYE at once", commands: [],
    """
    S: * BYE [UNAVAILABLE] too busy
    S! close
    """)

  static let byeInTheMiddle = SessionTranscript(
    "BYE in the middle of a FETCH", commands: [fetchAll],
    """
    S: * PREAUTH hi
    C~ $1 UID FETCH
    S: * 1 FETCH (UID 1 BODY[] {3}
    S> abc
    S: )
    S: * BYE [UNAVAILABLE] Server shutting down.
    S: * 2 FETCH (UID 2 BODY[] {300}
    S> abc
    S! close
    """)

  static let synchronisingLogin = SessionTranscript(
    "LOGIN with literals that wait, and a command behind it",
    commands: [.login(user: "us\u{e9}r", password: Secret("p\u{e4}ss")), .noop],
    """
    S: * OK ready
    C: $1 LOGIN {5}
    S: + go ahead
    C: us\u{e9}r {5}
    S: +
    C: p\u{e4}ss
    S: $1 OK in
    C: $2 NOOP
    S: $2 OK done
    """)

  static let challenged = SessionTranscript(
    "AUTHENTICATE PLAIN without an initial response",
    commands: [
      .authenticatePlain(
        authorizationID: "", user: "tim", password: Secret("tanstaaftanstaaf"),
        initialResponse: false)
    ],
    """
    S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
    C: $1 AUTHENTICATE PLAIN
    S: +{{20}}
    C: AHRpbQB0YW5zdGFhZnRhbnN0YWFm
    S: $1 OK Success
    """)

  static let cancelled = SessionTranscript(
    "AUTHENTICATE PLAIN with a challenge that PLAIN does not have",
    commands: [
      .authenticatePlain(
        authorizationID: "admin", user: "u", password: Secret("p"), initialResponse: true)
    ],
    """
    S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready
    C: $1 AUTHENTICATE PLAIN YWRtaW4AdQBw
    S: + c29tZXRoaW5n
    C: *
    S: $1 BAD cancelled
    """)
}

/// A UID of a number that is not zero.
func uid(_ value: UInt32) -> UID {
  guard let uid = UID(value) else { preconditionFailure("zero is no UID") }
  return uid
}
