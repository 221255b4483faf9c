import Journals
import Mail

/// Says in words what was found in one mailbox.
struct JudgeComparison {
  let expected: ExpectedMailbox
  let outcome: CompareServerMailbox.Outcome
  /// The mailbox on the server.
  let name: MailboxName

  /// All that differs: the messages in their order, then what has no counterpart.
  func findings() -> [ComparisonFinding] {
    outcome.messages.indices.flatMap { findings($0, outcome.messages[$0]) }
      + outcome.surplus.sorted { ($0.value.first?.value ?? 0) < ($1.value.first?.value ?? 0) }
      .compactMap { surplus, uids in
        surplus.kind.map {
          ComparisonFinding(
            $0, mailbox: name, uids: uids,
            Counted.messages(uids.count) + ", \(surplus.words)")
        }
      }
  }

  private func findings(_ place: Int, _ message: ReceiptMessage) -> [ComparisonFinding] {
    func finding(_ kind: ComparisonFinding.Kind, _ words: String) -> ComparisonFinding {
      ComparisonFinding(
        kind, mailbox: message.mailbox, uids: message.uid.map { [$0] } ?? [],
        file: expected.path(place) ?? message.file, words)
    }
    var found: [ComparisonFinding] = []
    switch message.presence {
    case .missing: found.append(finding(.missing, outcome.reasons[place] ?? "nobody knows why"))
    case .altered:
      found.append(
        finding(
          .altered,
          expected.known.alteration(of: message)
            ?? "\(message.kept?.size ?? 0) octets there, \(message.size) in the archive"))
    case .content, .header, .unchecked: break
    }
    if message.dateDiffers, let date = message.date {
      let other = outcome.dates[place].map { "\($0)" } ?? "none"
      found.append(finding(.date, "\(other) there, \(date) in the archive"))
    }
    if message.flagsDiffer {
      let other = outcome.flags[place] ?? Flags()
      found.append(finding(.flags, "(\(other)) there, (\(message.flags)) in the archive"))
    }
    return found
  }

  /// What is worth knowing and not wrong.
  func notes() -> [String] {
    var notes: [String] = []
    if outcome.untakenCount > 0 {
      notes.append(
        "\(name): the server does not keep \(outcome.untaken), which "
          + Counted.messages(outcome.untakenCount) + " "
          + Counted.word(outcome.untakenCount, "has", "have"))
    }
    if !outcome.untold.isEmpty {
      notes.append("\(name): the server lists UID \(outcome.untold), and tells nothing of it")
    }
    for (surplus, uids) in outcome.surplus where surplus.kind == nil {
      notes.append("\(name): " + Counted.messages(uids.count) + ", \(surplus.words)")
    }
    return notes
  }
}
