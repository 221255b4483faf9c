import Clients
import Mail
import Protocols
import Testing

@testable import Pipeline

/// What is said of a source and a target together, as a table.
@Suite struct ProbePairTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var source = ["INBOX"]
    var target = ["INBOX"]
    var separator: UInt8? = UInt8(ascii: "/")
    let kinds: [ProbeFinding.Kind]
    /// What one of the texts says.
    var says = ""
    var change: @Sendable (inout ProbedIMAP, inout ProbedIMAP) -> Void = { _, _ in }
  }

  static let cases = [
    Case(testDescription: "nothing", source: ["INBOX", "Work", "Work/2024"], kinds: []),
    Case(
      testDescription: "a dot where dots separate", source: ["INBOX", "a.b"],
      separator: UInt8(ascii: "."), kinds: [.nameChanged], says: "a_b"),
    Case(
      testDescription: "a hierarchy where there is none", source: ["INBOX", "a/b"], separator: nil,
      kinds: [.nameImpossible]),
    Case(testDescription: "names and case", source: ["Lists", "lists"], kinds: [.namesCollide]),
    Case(
      testDescription: "a sign that servers refuse", source: ["50%"], kinds: [.nameDoubtful],
      says: "%"),
    Case(testDescription: "the same, there already", source: ["50%"], target: ["50%"], kinds: []),
    Case(
      testDescription: "a long name", source: [String(repeating: "x", count: 201)],
      kinds: [.nameDoubtful], says: "201"),
    Case(
      testDescription: "two into one", source: ["Sent", "Gesendet"], target: ["Sent"],
      kinds: [.mailboxesMerge], says: "Gesendet, Sent"
    ) { source, target in
      source.mailboxes[1].specialUses = [.sent]
      target.give(.sent)
    },
    Case(
      testDescription: "a Sent of another name", source: ["Gesendet"], target: ["Sent"], kinds: []
    ) { source, target in
      source.mailboxes[0].specialUses = [.sent]
      target.give(.sent)
    },
    Case(testDescription: "too large", kinds: [.messagesTooLarge], says: "2 messages") {
      $0.mailboxes[0].tooLarge = 2
      $1.mailboxes[0].appendLimit = 1000
    },
    Case(testDescription: "none too large", kinds: []) {
      $0.mailboxes[0].tooLarge = 0
      $1.mailboxes[0].appendLimit = 1000
    },
    Case(testDescription: "room to the octet", kinds: []) {
      $0.mailboxes[0].octets = 2048
      $1.quotas = [ProbeJudgeTests.quota(("STORAGE", 3, 5), ("MESSAGE", 7, 10))]
    },
    Case(testDescription: "an octet too many", kinds: [.quotaExceeded], says: "2.0 kB left") {
      $0.mailboxes[0].octets = 2049
      $1.quotas = [ProbeJudgeTests.quota(("STORAGE", 3, 5))]
    },
    Case(testDescription: "a message too many", kinds: [.quotaExceeded], says: "room for 2 more") {
      $1.quotas = [ProbeJudgeTests.quota(("MESSAGE", 8, 10))]
    },
    Case(testDescription: "more than the quota", kinds: [.quotaExceeded], says: "0 B left") {
      $1.quotas = [ProbeJudgeTests.quota(("STORAGE", 9, 5))]
    },
    Case(testDescription: "keywords that are kept", kinds: []) {
      $0.mailboxes[0].keywords = [Keyword("Todo")]
      $1.mailboxes[0].keeps = .only([Keyword("todo")])
    },
    Case(testDescription: "keywords that are not", kinds: [.keywordsNotKept], says: "Todo") {
      $0.mailboxes[0].keywords = [Keyword("Todo"), Keyword("a")]
      $1.mailboxes[0].keeps = .only([Keyword("a")])
    },
    Case(testDescription: "keywords of a new mailbox", source: ["Work"], kinds: [.keywordsNotKept])
    {
      $0.mailboxes[0].keywords = [Keyword("Todo")]
      $1.mailboxes[0].keeps = .only([])
    },
    Case(testDescription: "keywords that nobody speaks of", kinds: []) {
      $0.mailboxes[0].keywords = [Keyword("Todo")]
      $1.mailboxes[0].keeps = .untold
    },
  ]

  @Test(arguments: cases) func `a pair`(_ one: Case) throws {
    var source = ProbeJudgeTests.found(try one.source.map { try ProbeJudgeTests.mailbox($0) })
    var target = ProbeJudgeTests.found(
      try one.target.map { try ProbeJudgeTests.mailbox($0) }, separator: one.separator)
    one.change(&source, &target)
    let findings = JudgePair(
      source: ProbeJudgeTests.account(source),
      target: ProbeJudgeTests.account(target, identity: "ada@example.net")
    ).run()
    #expect(findings.map(\.kind) == one.kinds)
    if !one.says.isEmpty { #expect(findings.contains { $0.text.contains(one.says) }) }
  }

  @Test(arguments: [("ada@example.org", 7, true), ("ada@example.org", 8, false), ("b@x", 7, false)])
  func `the same address with the same INBOX is the same account`(
    _ identity: String, _ validity: UInt32, _ isSame: Bool
  ) throws {
    let source = ProbeJudgeTests.found([try ProbeJudgeTests.mailbox("INBOX")])
    let target = ProbeJudgeTests.found([
      try ProbeJudgeTests.mailbox("INBOX") { $0.uidValidity = UIDValidity(validity) }
    ])
    let kinds = JudgePair(
      source: ProbeJudgeTests.account(source),
      target: ProbeJudgeTests.account(target, identity: identity)
    ).run().map(\.kind)
    #expect(kinds == (isSame ? [.sameAccount] : []))
  }

  @Test func `mail over POP3 needs room too`() throws {
    var maildrop = ProbedMaildrop()
    maildrop.messages = 4
    maildrop.octets = 5000
    maildrop.tooLarge = 1
    var target = ProbeJudgeTests.found([try ProbeJudgeTests.mailbox("INBOX")])
    target.quotas = [ProbeJudgeTests.quota(("STORAGE", 1, 2), ("MESSAGE", 0, 9))]
    target.mailboxes[0].appendLimit = 1000
    let account = ProbeJudgeTests.account(target)
    let source = ProbedAccount(
      identity: "a", host: "h", port: 995, link: account.link, login: nil, mechanisms: [],
      content: .pop3(maildrop))
    let kinds = JudgePair(source: source, target: account).run().map(\.kind)
    #expect(kinds == [.messagesTooLarge, .quotaExceeded])
  }
}

extension ProbedIMAP {
  /// Gives the first mailbox a special use.
  fileprivate mutating func give(_ use: SpecialUse) {
    mailboxes[0].specialUses = [use]
    tree = ProbeJudgeTests.found(mailboxes).tree
  }
}
