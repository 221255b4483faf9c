import Mail

/// A message that is in the archive.
struct FoundMessage {
  let key: String
  let name: String
  let path: String
  let flags: Flags
  /// Bytes on disk; nil where nobody looked.
  var size: Int64?
  /// The bytes that its name says; nil where it says none.
  var namedSize: Int64?
  /// Whether its content was read and is another one than recorded.
  var isOtherContent = false
}

/// Finds out what somebody changed by hand, from what should be there and what is.
struct CompareArchive {
  /// What was there, by mailbox and key.
  var expected: [MailboxName: [String: ExpectedMessage]]
  /// What is there, by mailbox.
  let found: [MailboxName: [FoundMessage]]
  /// The content of a message; asked only of what may be one that is missing, under another name.
  let digest: (MailboxName, FoundMessage) -> ContentDigest?

  private struct Missing {
    let mailbox: MailboxName
    let message: ExpectedMessage
  }

  /// All changes, by mailbox.
  mutating func run() -> [HandChange] {
    var changes = renameMailboxes()
    var missing: [String: [Missing]] = [:]
    var extra: [(MailboxName, FoundMessage)] = []
    for (mailbox, messages) in found.sorted(by: { $0.key < $1.key }) {
      var open = expected[mailbox] ?? [:]
      for message in messages {
        if let known = open.removeValue(forKey: message.key) {
          changes += compare(message, known, in: mailbox)
        } else {
          extra.append((mailbox, message))
        }
      }
      for (key, message) in open {
        missing[key, default: []].append(Missing(mailbox: mailbox, message: message))
      }
    }
    for (mailbox, messages) in expected where found[mailbox] == nil {
      for (key, message) in messages {
        missing[key, default: []].append(Missing(mailbox: mailbox, message: message))
      }
    }
    changes += place(extra, &missing)
    for left in missing.values.joined() {
      changes.append(
        HandChange(
          .deleted, mailbox: left.mailbox, uid: left.message.uid, name: left.message.name))
    }
    return changes.sorted()
  }

  // MARK: Mailboxes

  /// Names that are new and hold most of what a mailbox that is not there held.
  private mutating func renameMailboxes() -> [HandChange] {
    var changes: [HandChange] = []
    var created = Set(found.keys).subtracting(expected.keys)
    for name in Set(expected.keys).subtracting(found.keys).sorted() {
      let keys = expected[name] ?? [:]
      let counts = created.map { other in
        (other, (found[other] ?? []).count { keys[$0.key] != nil })
      }
      if let (other, count) = counts.max(by: { ($0.1, $1.0) < ($1.1, $0.0) }),
        count * 2 > keys.count
      {
        expected[other] = expected.removeValue(forKey: name)
        created.remove(other)
        changes.append(HandChange(.mailboxRenamed, mailbox: other, from: name))
      } else {
        changes.append(HandChange(.mailboxRemoved, mailbox: name))
      }
    }
    return changes + created.map { HandChange(.mailboxCreated, mailbox: $0) }
  }

  // MARK: Messages

  private func compare(
    _ message: FoundMessage, _ known: ExpectedMessage, in mailbox: MailboxName
  ) -> [HandChange] {
    var changes: [HandChange] = []
    let size = known.size ?? message.namedSize
    if message.isOtherContent || size.map({ message.size ?? $0 != $0 }) ?? false {
      changes.append(change(.edited, message, mailbox))
    }
    if let flags = known.flags, flags != message.flags {
      var change = change(.flags, message, mailbox)
      change.flagsAdded = message.flags.subtracting(flags)
      change.flagsRemoved = flags.subtracting(message.flags)
      changes.append(change)
    }
    return changes
  }

  /// What is there and was not: moved from elsewhere, copied, renamed, or new.
  private func place(
    _ extra: [(MailboxName, FoundMessage)], _ missing: inout [String: [Missing]]
  ) -> [HandChange] {
    var changes: [HandChange] = []
    var rest: [(MailboxName, FoundMessage)] = []
    for (mailbox, message) in extra {
      if let from = missing[message.key]?.popLast() {
        changes.append(change(.moved, message, mailbox, from: from.mailbox))
        changes += compare(message, from.message, in: mailbox)
      } else if let from = home(of: message.key) {
        changes.append(change(.copied, message, mailbox, from: from))
      } else {
        rest.append((mailbox, message))
      }
    }
    // Read only if something is missing whose content is known.
    var byDigest: [ContentDigest: [(key: String, place: Missing)]] = [:]
    for (key, places) in missing.sorted(by: { $0.key < $1.key }) {
      for place in places {
        if let digest = place.message.digest {
          byDigest[digest, default: []].append((key, place))
        }
      }
    }
    for (mailbox, message) in rest {
      guard !byDigest.isEmpty, let digest = digest(mailbox, message),
        let (key, known) = byDigest[digest]?.popLast()
      else {
        changes.append(change(.added, message, mailbox))
        continue
      }
      missing[key]?.removeAll { $0.mailbox == known.mailbox }
      let isThere = known.mailbox == mailbox
      changes.append(
        change(
          isThere ? .renamed : .moved, message, mailbox, from: isThere ? nil : known.mailbox))
      changes += compare(message, known.message, in: mailbox)
    }
    return changes
  }

  private func home(of key: String) -> MailboxName? {
    expected.filter { $0.value[key] != nil }.keys.min()
  }

  private func change(
    _ kind: HandChange.Kind, _ message: FoundMessage, _ mailbox: MailboxName,
    from: MailboxName? = nil
  ) -> HandChange {
    HandChange(kind, mailbox: mailbox, from: from, name: message.name, path: message.path)
  }
}
