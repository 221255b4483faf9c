import Journals
import Mail
import Stores

/// Records messages whose files are there though the journal does not know them: it was lost, or a
/// run was killed between file and journal.
struct AdoptMessages {
  let archive: Archive
  let journal: PullJournal
  /// The number of this run.
  let run: Int

  func run(_ files: [UID: LocatedMessage]) throws {
    let digester = DigestMessages()
    for (uid, file) in files.sorted(by: { $0.key < $1.key })
    where journal.record.messages[uid] == nil {
      guard let mailbox = try archive.mailbox(file.mailbox) else { continue }
      let content = try digester.run(file.message, in: mailbox)
      journal.append(
        .held(
          HeldMessage(
            uid: uid, digest: content.digest, size: content.size,
            internalDate: try mailbox.internalDate(of: file.message),
            headerKey: content.headerKey, flags: nil, fate: .held, run: run)))
    }
    try journal.flush()
  }
}
