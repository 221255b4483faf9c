import Clients
import Mail
import Protocols
import Stores

/// Decides what would go wrong if the mail of one account were brought into another.
struct JudgePair {
  let source: ProbedAccount
  let target: ProbedAccount

  /// What is to be said of the two together; nothing of a target over POP3, which can't be one.
  func run() -> [ProbeFinding] {
    guard case .imap(let to) = target.content else { return [] }
    switch source.content {
    case .imap(let from):
      return same(from, to) + large(from.mailboxes.compactMap(\.tooLarge), to)
        + QuotaRoom(to.quotas ?? []).judge(
          messages: from.messages, octets: from.octets.known, what: "the source holds")
        + names(from, to) + keywords(from, to)
    case .pop3(let from):
      return large([from.tooLarge].compactMap { $0 }, to)
        + QuotaRoom(to.quotas ?? []).judge(
          messages: Int(from.messages), octets: from.octets, what: "the source holds")
    }
  }

  private func same(_ from: ProbedIMAP, _ to: ProbedIMAP) -> [ProbeFinding] {
    // The same address may be another account, at the provider that somebody moves to.
    guard source.identity == target.identity, let validity = from.inbox?.uidValidity,
      validity == to.inbox?.uidValidity
    else { return [] }
    return [
      ProbeFinding(
        .sameAccount, "source and target are the same account",
        advice: "Give the account to which the mail is to go: a push into the source is refused.")
    ]
  }

  private func large(_ counts: [Int], _ to: ProbedIMAP) -> [ProbeFinding] {
    let count = counts.reduce(0, +)
    guard count > 0, let limit = to.appendLimit else { return [] }
    return [
      ProbeFinding(
        .messagesTooLarge,
        "\(Counted.messages(count)) of the source \(Counted.word(count, "is", "are")) larger than the "
          + "\(Counted.bytes(limit)) that the target takes (APPENDLIMIT)",
        advice: "They are not sent, and each is named. Whoever runs the target may raise the limit."
      )
    ]
  }

  // MARK: Names

  private func names(_ from: ProbedIMAP, _ to: ProbedIMAP) -> [ProbeFinding] {
    let mailboxes = from.mailboxes.filter(\.isSelectable)
    let mapping = MapMailboxes(
      mailboxes: mailboxes.map { MailboxPlace(name: $0.name, path: [], form: .maildir) },
      records: mailboxes.map {
        MailboxRecord(
          name: $0.name, archiveName: $0.name, specialUses: Set($0.specialUses),
          isSubscribed: false, isSelectable: true)
      }, tree: to.tree
    ).run()
    var findings = mapping.renamed.sorted { $0.from < $1.from }.map { names in
      ProbeFinding(
        .nameChanged, mailbox: names.from,
        "\(names.reason); there it is called \(names.to)")
    }
    for made in mapping.targets {
      let sources = made.sources.map(\.name).sorted()
      if sources.count > 1 {
        findings.append(
          ProbeFinding(
            .mailboxesMerge, mailbox: made.name,
            "it gets the mail of \(sources.count) mailboxes of the source: "
              + Counted.list(sources.map(\.description))))
      }
      if made.existing == nil { findings += new(made.name, to) }
    }
    return findings + collisions(mapping.targets)
  }

  /// What may keep a mailbox from being made.
  private func new(_ name: MailboxName, _ to: ProbedIMAP) -> [ProbeFinding] {
    guard let raw = to.tree.raw(for: name, usesUTF8: false) else {
      return [
        ProbeFinding(
          .nameImpossible, mailbox: name, "the target has no hierarchy, and can't have it",
          advice: "Rename it in the archive before the push.")
      ]
    }
    let doubtful = name.components.joined().unicodeScalars.filter { Self.doubtful.contains($0) }
    if !doubtful.isEmpty {
      let signs = Set(doubtful.map { String($0) }).sorted().joined(separator: " ")
      return [
        ProbeFinding(
          .nameDoubtful, mailbox: name, "its name holds \(signs), which some servers don't take",
          advice: "If the target refuses it, rename it in the archive; the push follows.")
      ]
    }
    guard raw.bytes.count > Self.longest else { return [] }
    return [
      ProbeFinding(
        .nameDoubtful, mailbox: name,
        "its name has \(raw.bytes.count) octets on the wire, which some servers don't take",
        advice: "If the target refuses it, rename it in the archive; the push follows.")
    ]
  }

  private static let doubtful: Set<Unicode.Scalar> = ["%", "*", "\\", "\"", "/"]
  private static let longest = 200

  /// Mailboxes that a server which does not tell case would take for one.
  private func collisions(_ targets: [PushTarget]) -> [ProbeFinding] {
    Dictionary(grouping: targets.map(\.name)) { $0.description.lowercased() }.values
      .filter { $0.count > 1 }.map { $0.sorted() }.sorted { $0[0] < $1[0] }.map { alike in
        ProbeFinding(
          .namesCollide, mailbox: alike[0],
          "only case tells it from \(Counted.list(alike.dropFirst().map(\.description))), and some "
            + "servers take such names for one",
          advice: "If the target does, rename one in the archive before the push.")
      }
  }

  // MARK: Keywords

  private func keywords(_ from: ProbedIMAP, _ to: ProbedIMAP) -> [ProbeFinding] {
    var lost: [MailboxName: Set<Keyword>] = [:]
    for mailbox in from.mailboxes where !mailbox.keywords.isEmpty {
      // What a mailbox keeps that is yet to be made, INBOX may tell.
      let kept = to.mailboxes.first { $0.name == mailbox.name } ?? to.inbox
      guard case .only(let keywords)? = kept?.keeps else { continue }
      let missing = mailbox.keywords.subtracting(keywords)
      if !missing.isEmpty { lost[mailbox.name] = missing }
    }
    return lost.sorted { $0.key < $1.key }.map { name, keywords in
      ProbeFinding(
        .keywordsNotKept, mailbox: name,
        "the target does not keep \(Counted.list(keywords.sorted().map(\.name)))",
        advice: "The archive keeps them; on the target they are left out, and named.")
    }
  }
}

extension ProbedIMAP {
  fileprivate var inbox: ProbedMailbox? { mailboxes.first { $0.name.isInbox } }
}
