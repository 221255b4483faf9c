import Journals
import Mail
import Platform
import Stores

/// Records at the end of a run how the archive is, as far as the journals don't say it, so that `status`
/// tells only what was changed by hand since.
///
/// A mailbox is read only if somebody else changed it, or had changed it before this run did.
struct RecordSeen {
  let archive: Archive
  /// What was recorded before the run.
  private let old: SeenArchive?
  /// The mailboxes that were there before the run, with their stamps.
  private let before: [MailboxName: String]

  /// Looks at the archive before the run changes it.
  init(archive: Archive) {
    self.archive = archive
    old = SeenArchive(in: archive.state)
    var stamps: [MailboxName: String] = [:]
    for place in (try? archive.mailboxes().mailboxes) ?? [] {
      stamps[place.name] =
        (try? archive.mailbox(at: place).currentStamp().description) ?? "unknown"
    }
    before = stamps
  }

  /// Records.
  ///
  /// - Parameters:
  ///   - waiting: mailboxes in which a run left a question open: what is known of them stays.
  ///   - rematched: mailboxes of which the journals forgot something in this run.
  ///   - hasMoved: whether the run moved messages, which may take along what was done to them by hand.
  /// - Throws: `JournalError`; what can't be read of the archive is left as it was recorded.
  func run(
    waiting: Set<MailboxName>, rematched: Set<MailboxName>, hasMoved: Bool
  ) throws {
    guard let tree = try? archive.mailboxes(), tree.unreadable.isEmpty else { return }
    var seen = SeenArchive()
    let expected = ExpectedArchive(archive)
    let look = LookAtMailbox(
      depth: .names, stray: StrayKeywords(of: archive, in: tree.mailboxes),
      digester: DigestMessages())
    for name in waiting { seen.mailboxes[name] = old?.mailboxes[name] }
    for place in tree.mailboxes where !waiting.contains(place.name) {
      let known = old?.mailboxes[place.name]
      guard let mailbox = try? archive.mailbox(at: place),
        let stamp = try? mailbox.currentStamp().description
      else {
        seen.mailboxes[place.name] = known
        continue
      }
      if !rematched.contains(place.name), let kept = kept(known, place.name, stamp, hasMoved) {
        seen.mailboxes[place.name] = kept
        continue
      }
      let messages = expected.messages(in: place.name)
      guard let found = try? look.run(mailbox, expected: messages) else {
        seen.mailboxes[place.name] = known
        continue
      }
      seen.mailboxes[place.name] = Self.difference(messages, found, stamp: stamp)
    }
    guard seen != old else { return }
    try seen.write(in: archive.state)
  }

  /// What is known of a mailbox that only this run changed, and what that changed is journalled; nil where
  /// it has to be read.
  ///
  /// However young a stamp is: what it misses of a moment's changes is told as one since, which it was.
  private func kept(
    _ known: SeenArchive.Mailbox?, _ name: MailboxName, _ stamp: String, _ hasMoved: Bool
  ) -> SeenArchive.Mailbox? {
    guard let before = before[name] else {
      return hasMoved ? nil : SeenArchive.Mailbox(stamp: stamp)
    }
    guard var known, known.stamp == before else { return nil }
    let isAsJournalled = known.messages.isEmpty && known.absent.isEmpty && !hasMoved
    guard stamp == before || isAsJournalled else { return nil }
    known.stamp = stamp
    return known
  }

  /// What the journals do not say of a mailbox.
  static func difference(
    _ expected: [String: ExpectedMessage], _ found: [FoundMessage], stamp: String
  ) -> SeenArchive.Mailbox {
    var seen = SeenArchive.Mailbox(stamp: stamp)
    var open = expected
    for message in found {
      if let known = open.removeValue(forKey: message.key), known.flags == message.flags {
        continue
      }
      seen.messages.append(
        SeenArchive.Message(
          key: message.key, name: message.name, size: message.size ?? -1, flags: message.flags))
    }
    seen.absent = open.keys.sorted()
    return seen
  }
}

extension SeenArchive.Mailbox {
  /// What was there, from what the journals say.
  func applied(
    to expected: [String: ExpectedMessage]
  ) -> [String: ExpectedMessage] {
    var all = expected
    for key in absent { all[key] = nil }
    for message in messages {
      var known = all[message.key] ?? ExpectedMessage(key: message.key)
      known.name = message.name
      known.flags = message.flags
      if message.size >= 0 { known.size = message.size }
      all[message.key] = known
    }
    return all
  }
}
