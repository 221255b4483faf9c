import Clients
import Mail
import Protocols
import Transport

/// Decides what of an account the user should know before mail is copied from it or to it.
struct JudgeAccount {
  let role: ProbeRole
  /// The time, in seconds since 1970.
  let now: Int64

  /// A certificate that ends sooner than this many days is named.
  static let certificateDays: Int64 = 14
  /// So many days providers show where they don't show all.
  static let recentDays: Int64 = 31
  /// As many keywords have a letter in a Maildir.
  static let maildirKeywords = 26

  /// What is to be said of it.
  func run(_ account: ProbedAccount) -> [ProbeFinding] {
    let findings: [ProbeFinding] =
      switch account.content {
      case .imap(let found): imap(found)
      case .pop3(let found): maildrop(found, account)
      }
    return link(account) + findings
  }

  private func link(_ account: ProbedAccount) -> [ProbeFinding] {
    guard let tls = account.link.tls else {
      return [
        ProbeFinding(
          .plaintext, "nothing protects the connection: password and mail can be read on the way",
          advice: "Use \(account.service.scheme(tls: true)):// if the server has it.")
      ]
    }
    guard let end = tls.certificate?.validUntil, end < now + Self.certificateDays * 86_400 else {
      return []
    }
    let days = max(0, (end - now) / 86_400)
    return [
      ProbeFinding(
        .certificateExpires,
        "the server's certificate is valid for \(days) more \(days == 1 ? "day" : "days") only",
        advice: "Runs after that are refused until whoever runs the server has renewed it.")
    ]
  }

  private func imap(_ found: ProbedIMAP) -> [ProbeFinding] {
    var findings: [ProbeFinding] = []
    for mailbox in found.mailboxes {
      if let refusal = mailbox.refusal {
        findings.append(
          ProbeFinding(
            .mailboxRefused, mailbox: mailbox.name, "the server does not open it: \(refusal)"))
      } else if mailbox.isSelectable, mailbox.uidValidity == nil {
        findings.append(
          ProbeFinding(
            .noUIDValidity, mailbox: mailbox.name,
            "the server gives no UIDVALIDITY: messages can't be told apart from one run to the next"
          ))
      }
    }
    if role.isSource { findings += source(found) }
    if role.isTarget { findings += target(found) }
    return findings
  }

  private func source(_ found: ProbedIMAP) -> [ProbeFinding] {
    var findings: [ProbeFinding] = []
    if found.messages == 0, role == .source {
      findings.append(ProbeFinding(.empty, "the source is empty"))
    }
    if found.hasOldMail == false {
      findings.append(
        ProbeFinding(
          .onlyRecentMail, "no message came in before the last \(Self.recentDays) days",
          advice:
            "If there is older mail, the provider does not show it: some show the last 30 days "
            + "only, until a setting of the account is changed. What is not shown is not copied."))
    }
    if !found.capabilities.contains(.condStore) {
      findings.append(
        ProbeFinding(.noCondStore, "no CONDSTORE: each pull asks for the flags of all messages"))
    }
    for mailbox in found.mailboxes {
      if let use = mailbox.specialUses.first(where: { Self.virtual.contains($0) }) {
        findings.append(
          ProbeFinding(
            .virtualMailbox, mailbox: mailbox.name,
            "it is \(use.rawValue): its messages may be in other mailboxes as well, and are copied "
              + "with each"))
      }
    }
    let keywords = found.mailboxes.reduce(into: Set<Keyword>()) { $0.formUnion($1.keywords) }
    if keywords.count > Self.maildirKeywords {
      findings.append(
        ProbeFinding(
          .manyKeywords,
          "\(keywords.count) keywords are in use: a Maildir has letters for \(Self.maildirKeywords), "
            + "the others are kept in a file that other programs don't read"))
    }
    return findings
  }

  private static let virtual: Set<SpecialUse> = [.all, .flagged, .important]

  private func target(_ found: ProbedIMAP) -> [ProbeFinding] {
    var findings: [ProbeFinding] = []
    for quota in found.quotas ?? [] {
      for (what, usage, limit) in quota.told where limit > 0 && usage >= limit - limit / 10 {
        findings.append(
          ProbeFinding(.quotaNearlyFull, "the quota is nearly used up: \(what)"))
      }
    }
    let limited = found.mailboxes.filter { mailbox in
      if case .only = mailbox.keeps { true } else { false }
    }
    if let first = limited.first, case .only(let keywords) = first.keeps {
      let names = Counted.list(keywords.sorted().map(\.name))
      let kept = keywords.isEmpty ? "no keywords" : "these keywords only: \(names)"
      let others = limited.count > 1 ? " (and \(limited.count - 1) more)" : ""
      findings.append(
        ProbeFinding(
          .keywordsNotKept, mailbox: first.name, "it keeps \(kept)\(others)",
          advice: "Other keywords are left out when messages are pushed, and named."))
    }
    if !found.capabilities.contains(.uidPlus) {
      findings.append(
        ProbeFinding(
          .noUIDPlus,
          "no UIDPLUS: a push looks after each batch where its messages went, --prune only marks "
            + "messages as deleted, and --fix-dates is refused"))
    }
    return findings
  }

  private func maildrop(_ found: ProbedMaildrop, _ account: ProbedAccount) -> [ProbeFinding] {
    var findings: [ProbeFinding] = []
    findings.append(
      ProbeFinding(
        .onlyInbox, "POP3 gives only INBOX, without flags and other mailboxes",
        advice: found.imapPort.map {
          "The same host answers on port \($0), where IMAP is: try "
            + "\($0 == 993 ? "imaps" : "imap")://, which gives all of it."
        }))
    if found.messages == 0 {
      findings.append(
        ProbeFinding(
          .empty,
          "the source is empty: what a mail program fetched over POP3 and took away can't be copied "
            + "from the server"))
    }
    if found.hasUIDLs == false {
      findings.append(
        ProbeFinding(
          .noUIDL,
          "no UIDL that tells messages apart: each pull has to look at all of them again"))
    }
    guard let capabilities = found.capabilities else { return findings }
    if !capabilities.hasTop {
      findings.append(
        ProbeFinding(
          .noTop, "no TOP: a message that is not known for sure has to be downloaded whole"))
    }
    if !capabilities.hasPipelining {
      findings.append(
        ProbeFinding(.noPipelining, "no PIPELINING: messages are asked for one at a time"))
    }
    if let seconds = capabilities.loginDelay, seconds > 0 {
      findings.append(
        ProbeFinding(
          .loginDelay, "the server wants \(seconds) seconds between two logins: wait before a pull")
      )
    }
    return findings
  }
}

extension Quota {
  /// What it limits, in words, with the numbers.
  package var told: [(what: String, usage: UInt64, limit: UInt64)] {
    var told: [(String, UInt64, UInt64)] = []
    if let octets {
      told.append(
        (
          "\(Counted.bytes(octets.usage)) of \(Counted.bytes(octets.limit))", octets.usage,
          octets.limit
        ))
    }
    if let messages {
      told.append(
        ("\(messages.usage) of \(messages.limit) messages", messages.usage, messages.limit))
    }
    return told
  }
}
