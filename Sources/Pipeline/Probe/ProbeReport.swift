package import Clients
package import Mail
package import Protocols

/// A mailbox as a probe found it.
package struct ProbedMailbox: Sendable, Equatable {
  /// Its place in the hierarchy, without the namespace's prefix.
  package var name: MailboxName
  /// Its special uses, where the server tells them.
  package var specialUses: [SpecialUse] = []
  /// Whether it can hold messages.
  package var isSelectable = true
  /// How many messages it holds; nil where the server did not tell.
  package var messages: UInt32?
  /// How many of them are not `\Seen`.
  package var unseen: UInt32?
  /// Their octets.
  package var octets: UInt64?
  /// The most octets of a message that APPEND takes here; nil where that is not told.
  package var appendLimit: UInt64?
  /// The keywords that the server says are in use here.
  package var keywords: Set<Keyword> = []
  /// Which keywords it keeps.
  package var keeps = KeywordsKept.untold
  /// What tells its UIDs from those of a mailbox that was here before.
  package var uidValidity: UIDValidity?
  /// How many of its messages are larger than the target takes; nil where nobody asked, or knows.
  package var tooLarge: Int?
  /// Why it can't be opened, in the server's words.
  package var refusal: String?

  /// A mailbox of which nothing is known yet.
  package init(name: MailboxName) { self.name = name }
}

/// Which keywords a mailbox keeps, as far as it says so when it is opened for reading only.
package enum KeywordsKept: Sendable, Equatable {
  /// Most servers don't say before it is opened for writing.
  case untold
  case any
  case only(Set<Keyword>)
}

/// An account over IMAP as a probe found it.
package struct ProbedIMAP: Sendable {
  /// What the server can do once somebody is logged in.
  package var capabilities = CapabilitySet([])
  /// What the server says of itself.
  package var serverID: [String: String] = [:]
  /// Its mailboxes, by name; `mailboxes` has more about those that hold mail.
  package var tree = ServerTree(mailboxes: [], prefix: RawMailboxName(bytes: []), separator: nil)
  /// Its mailboxes, INBOX first.
  package var mailboxes: [ProbedMailbox] = []
  /// What limits INBOX; nil where the server does not tell.
  package var quotas: [Quota]?
  /// Whether any message came in before the last month; nil where there is no message, or nobody knows.
  package var hasOldMail: Bool?

  package init() {}

  /// The most octets of a message that APPEND takes; nil where no limit is told.
  package var appendLimit: UInt64? {
    ([capabilities.appendLimit] + mailboxes.map(\.appendLimit)).compactMap { $0 }.min()
  }

  /// The extensions that make a difference here, and whether the server has them.
  package var notableCapabilities: [(capability: Capability, isThere: Bool)] {
    let isSmall = capabilities.contains(.literalMinus) && !capabilities.contains(.literalPlus)
    return [
      .uidPlus, .condStore, .qResync, .multiAppend, isSmall ? .literalMinus : .literalPlus, .binary,
      .move, .specialUse,
      .listStatus, .statusSize, .quota,
    ].map { ($0, capabilities.contains($0)) }
  }

  /// How many messages there are, as far as the server tells.
  package var messages: Int { mailboxes.reduce(0) { $0 + Int($1.messages ?? 0) } }

  /// Their octets, and whether the server told those of all mailboxes.
  package var octets: (known: UInt64, isWhole: Bool) {
    mailboxes.filter(\.isSelectable).reduce((known: 0, isWhole: true)) { sum, mailbox in
      let (known, overflow) = sum.known.addingReportingOverflow(mailbox.octets ?? 0)
      let isTold = mailbox.octets != nil || mailbox.messages == 0
      return (overflow ? .max : known, sum.isWhole && isTold)
    }
  }
}

/// An account over POP3 as a probe found it.
package struct ProbedMaildrop: Sendable {
  /// What the server says that it can; nil where it does not say.
  package var capabilities: POP3Capabilities?
  /// How many messages there are.
  package var messages: UInt32 = 0
  /// Their octets as the server counts them.
  package var octets: UInt64 = 0
  /// Whether the server tells messages apart by name; nil where there is no message to see it by.
  package var hasUIDLs: Bool?
  /// How many messages are larger than the target takes; nil where nobody asked.
  package var tooLarge: Int?
  /// A port of the same host on which somebody answers who may speak IMAP.
  package var imapPort: UInt16?

  package init() {}
}

/// An account as a probe found it.
package struct ProbedAccount: Sendable {
  /// What an account holds, by the protocol that tells it.
  package enum Content: Sendable {
    case imap(ProbedIMAP)
    case pop3(ProbedMaildrop)
  }

  /// User and domain.
  package let identity: String
  /// The host that was asked for.
  package let host: String
  /// The port that was asked for.
  package let port: UInt16
  /// How the server is reached.
  package let link: LinkFacts
  /// The command that logged in; nil where none was needed.
  package let login: String?
  /// The SASL mechanisms that were offered before, sorted.
  package let mechanisms: [String]
  /// What is there.
  package let content: Content

  package init(
    identity: String, host: String, port: UInt16, link: LinkFacts, login: String?,
    mechanisms: [String], content: Content
  ) {
    self.identity = identity
    self.host = host
    self.port = port
    self.link = link
    self.login = login
    self.mechanisms = mechanisms
    self.content = content
  }

  /// The protocol.
  package var service: MailService {
    switch content {
    case .imap: .imap
    case .pop3: .pop3
    }
  }
}

/// What a probe found, and what would go wrong.
package struct ProbeReport: Sendable {
  /// One account, and what is to be said of it.
  package struct Account: Sendable {
    /// What it is to be used for.
    package let role: ProbeRole
    /// What was found.
    package let account: ProbedAccount
    /// What the user should know of it.
    package let findings: [ProbeFinding]

    package init(role: ProbeRole, account: ProbedAccount, findings: [ProbeFinding]) {
      self.role = role
      self.account = account
      self.findings = findings
    }
  }

  /// The account, or source and target.
  package let accounts: [Account]
  /// What concerns the two together.
  package let pair: [ProbeFinding]

  package init(accounts: [Account], pair: [ProbeFinding]) {
    self.accounts = accounts
    self.pair = pair
  }

  /// Everything that was found.
  package var findings: [ProbeFinding] { accounts.flatMap(\.findings) + pair }

  /// 1 if something would go wrong; what only is slower, or good to know, does not count.
  package var exitStatus: ExitStatus {
    findings.contains { $0.kind.isWarning } ? .findings : .done
  }
}
