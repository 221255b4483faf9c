import Clients
import Mail
import Protocols
import Testing
import Transport

@testable import Pipeline

/// What is said of an account beforehand, as a table: what was found, and the kinds of findings.
@Suite struct ProbeJudgeTests {
  typealias Kind = ProbeFinding.Kind
  private static let now: Int64 = 1_800_000_000

  /// A server at which nothing is wrong, and a change to it.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var role = ProbeRole.account
    var validUntil: Int64? = now + 90 * 86_400
    var isPlain = false
    let kinds: [ProbeFinding.Kind]
    var change: @Sendable (inout ProbedIMAP) -> Void = { _ in }
  }

  static let good = ["IMAP4REV1", "UIDPLUS", "CONDSTORE"]

  static func mailbox(
    _ name: String, _ change: (inout ProbedMailbox) -> Void = { _ in }
  ) throws -> ProbedMailbox {
    var mailbox = ProbedMailbox(name: try #require(MailboxName(name.components("/"))))
    mailbox.messages = 3
    mailbox.octets = 3000
    mailbox.uidValidity = UIDValidity(7)
    change(&mailbox)
    return mailbox
  }

  static func account(
    _ found: ProbedIMAP, identity: String = "ada@example.org", validUntil: Int64? = nil,
    isPlain: Bool = false
  ) -> ProbedAccount {
    let certificate = CertificateFacts(
      subject: "s", issuer: "i", names: "n", validUntil: validUntil)
    let tls = TLSFacts(version: "TLSv1.3", cipher: "c", certificate: certificate)
    return ProbedAccount(
      identity: identity, host: "mail.example.org", port: 993,
      link: LinkFacts(address: nil, tls: isPlain ? nil : tls), login: "LOGIN", mechanisms: [],
      content: .imap(found))
  }

  static func found(
    _ mailboxes: [ProbedMailbox], separator: UInt8? = UInt8(ascii: "/")
  ) -> ProbedIMAP {
    var found = ProbedIMAP()
    found.capabilities = CapabilitySet(good.map { Capability($0) })
    found.mailboxes = mailboxes
    found.hasOldMail = true
    found.tree = ServerTree(
      mailboxes: mailboxes.map {
        ServerMailbox(
          name: $0.name,
          raw: RawMailboxName(encoding: $0.name.description, usesUTF8: false),
          specialUses: $0.specialUses, isSubscribed: true, isSelectable: $0.isSelectable,
          status: nil)
      }, prefix: RawMailboxName(bytes: []), separator: separator)
    return found
  }

  static func quota(_ resources: (String, UInt64, UInt64)...) -> Quota {
    Quota(
      root: [],
      resources: resources.map { Quota.Resource(name: $0.0, usage: $0.1, limit: $0.2) })
  }

  static let cases = [
    Case(testDescription: "nothing", kinds: []),
    Case(testDescription: "no TLS", isPlain: true, kinds: [.plaintext]),
    Case(
      testDescription: "13 days", validUntil: now + 13 * 86_400, kinds: [.certificateExpires]),
    Case(testDescription: "14 days", validUntil: now + 14 * 86_400, kinds: []),
    Case(testDescription: "unreadable end", validUntil: nil, kinds: []),
    Case(testDescription: "no UIDPLUS", kinds: [.noUIDPlus]) { $0.lack("UIDPLUS") },
    Case(testDescription: "no UIDPLUS at a source", role: .source, kinds: []) {
      $0.lack("UIDPLUS")
    },
    Case(testDescription: "no CONDSTORE", kinds: [.noCondStore]) { $0.lack("CONDSTORE") },
    Case(testDescription: "no CONDSTORE at a target", role: .target, kinds: []) {
      $0.lack("CONDSTORE")
    },
    Case(testDescription: "only new mail", kinds: [.onlyRecentMail]) { $0.hasOldMail = false },
    Case(testDescription: "only new mail at a target", role: .target, kinds: []) {
      $0.hasOldMail = false
    },
    Case(testDescription: "nobody knows how old it is", kinds: []) { $0.hasOldMail = nil },
    Case(testDescription: "keywords, any", kinds: []) { $0.mailboxes[0].keeps = .any },
    Case(testDescription: "keywords, some", kinds: [.keywordsNotKept]) {
      $0.mailboxes[0].keeps = .only([Keyword("a")])
    },
    Case(testDescription: "keywords, none", kinds: [.keywordsNotKept]) {
      for place in $0.mailboxes.indices { $0.mailboxes[place].keeps = .only([]) }
    },
    Case(testDescription: "keywords, none, at a source", role: .source, kinds: []) {
      $0.mailboxes[0].keeps = .only([])
    },
    Case(testDescription: "26 keywords", kinds: []) {
      $0.mailboxes[0].keywords = Set((0..<26).map { Keyword("k\($0)") })
    },
    Case(testDescription: "27 keywords in two mailboxes", kinds: [.manyKeywords]) {
      $0.mailboxes[0].keywords = Set((0..<14).map { Keyword("k\($0)") })
      $0.mailboxes[1].keywords = Set((13..<27).map { Keyword("K\($0)") })
    },
    Case(testDescription: "a mailbox that can't be opened", kinds: [.mailboxRefused]) {
      $0.mailboxes[1].refusal = "no"
      $0.mailboxes[1].uidValidity = nil
    },
    Case(testDescription: "no UIDVALIDITY", kinds: [.noUIDValidity]) {
      $0.mailboxes[1].uidValidity = nil
    },
    Case(testDescription: "a name without mail", kinds: []) {
      $0.mailboxes[1].uidValidity = nil
      $0.mailboxes[1].isSelectable = false
    },
    Case(testDescription: "all mail once more", kinds: [.virtualMailbox]) {
      $0.mailboxes[1].specialUses = [.all]
    },
    Case(testDescription: "its own Sent", kinds: []) { $0.mailboxes[1].specialUses = [.sent] },
    Case(testDescription: "an empty source", role: .source, kinds: [.empty]) {
      for place in $0.mailboxes.indices { $0.mailboxes[place].messages = 0 }
    },
    Case(testDescription: "an empty account", kinds: []) {
      for place in $0.mailboxes.indices { $0.mailboxes[place].messages = 0 }
    },
    Case(testDescription: "a quota with room", kinds: []) {
      $0.quotas = [quota(("STORAGE", 89, 100), ("MESSAGE", 0, 10))]
    },
    Case(testDescription: "a quota without limit", kinds: []) { $0.quotas = [quota()] },
    Case(testDescription: "a quota nearly full", kinds: [.quotaNearlyFull, .quotaNearlyFull]) {
      $0.quotas = [quota(("STORAGE", 90, 100), ("MESSAGE", 11, 10))]
    },
    Case(testDescription: "a full quota at a source", role: .source, kinds: []) {
      $0.quotas = [quota(("STORAGE", 90, 100))]
    },
  ]

  @Test(arguments: cases) func `an account`(_ one: Case) throws {
    var found = Self.found([try Self.mailbox("INBOX"), try Self.mailbox("Work")])
    one.change(&found)
    let account = Self.account(found, validUntil: one.validUntil, isPlain: one.isPlain)
    let findings = JudgeAccount(role: one.role, now: Self.now).run(account)
    #expect(findings.map(\.kind) == one.kinds)
  }

  @Test func `only what would go wrong is counted by the exit status`() throws {
    func status(_ kind: ProbeFinding.Kind) -> Pipeline.ExitStatus {
      ProbeReport(accounts: [], pair: [ProbeFinding(kind, "x")]).exitStatus
    }
    #expect(ProbeReport(accounts: [], pair: []).exitStatus == .done)
    #expect(status(.noCondStore) == .done)
    #expect(status(.quotaExceeded) == .findings)
  }

  @Test(
    arguments: [
      ([String](), UInt32(3), true, UInt16?.none, [Kind.onlyInbox, .noTop, .noPipelining]),
      (["TOP", "UIDL", "PIPELINING"], 3, true, 993, [.onlyInbox]),
      (["TOP", "PIPELINING"], 3, false, nil, [.onlyInbox, .noUIDL]),
      (["TOP", "PIPELINING"], 0, nil, nil, [.onlyInbox, .empty]),
      (["TOP", "PIPELINING", "LOGIN-DELAY 900"], 3, true, nil, [.onlyInbox, .loginDelay]),
    ] as [([String], UInt32, Bool?, UInt16?, [Kind])])
  func `an account over POP3`(
    _ names: [String], _ messages: UInt32, _ hasUIDLs: Bool?, _ port: UInt16?, _ kinds: [Kind]
  ) {
    var found = ProbedMaildrop()
    found.capabilities = POP3Capabilities(
      names.map { line in
        let words = line.components(" ")
        return POP3Capability(words[0], arguments: Array(words.dropFirst()))
      })
    found.messages = messages
    found.hasUIDLs = hasUIDLs
    found.imapPort = port
    let tls = TLSFacts(version: "", cipher: "", certificate: nil)
    let account = ProbedAccount(
      identity: "a", host: "h", port: 995, link: LinkFacts(address: nil, tls: tls), login: nil,
      mechanisms: [], content: .pop3(found))
    let findings = JudgeAccount(role: .source, now: Self.now).run(account)
    #expect(findings.map(\.kind) == kinds)
    #expect(findings[0].advice?.contains("993") == (port == nil ? nil : true))
  }
}

extension String {
  func components(_ separator: Character) -> [String] {
    split(separator: separator).map { String($0) }
  }
}

extension ProbedIMAP {
  fileprivate mutating func lack(_ name: String) {
    capabilities = CapabilitySet(capabilities.all.subtracting([Capability(name)]))
  }
}
