import Journals
import Mail
import Stores

/// The messages that are held under UIDs of before, which mean nothing any more.
struct FormerMessages {
  let context: PullContext
  let key: MailboxKey
  let journal: PullJournal

  /// A message of before: its file, or the record of one that has none, or both.
  struct Former {
    let file: LocatedMessage?
    let message: HeldMessage
    /// Whether what the message says was recorded when it was fetched.
    let isAsPulled: Bool
    /// Whether it was under the UIDVALIDITY just before.
    var isRecorded = true
  }

  /// Of some, those that were at the source when it was last looked at.
  func rest(of formers: [Former]) -> [HeldMessage] {
    formers.filter { $0.isRecorded && ($0.message.fate == .held || $0.message.fate == .deleted) }
      .map(\.message).sorted { $0.uid < $1.uid }
  }

  /// All of them.
  ///
  /// - Parameter stale: the files of messages of another UIDVALIDITY, wherever in the archive.
  /// - Returns: each with its file and its record, as far as there are any.
  /// - Throws: what reading a file throws that has no record.
  func all(_ stale: [LocatedMessage]) throws -> [Former] {
    let record = journal.record
    let digester = DigestMessages()
    var withFile: Set<UID> = []
    var formers: [Former] = []
    for file in stale {
      if let origin = file.message.origin, origin.uidValidity == record.formerValidity,
        let known = record.former[origin.uid]
      {
        withFile.insert(origin.uid)
        formers.append(Former(file: file, message: known, isAsPulled: true))
        continue
      }
      guard let mailbox = try context.archive.mailbox(file.mailbox),
        let uid = file.message.origin?.uid
      else { continue }
      let content = try digester.run(file.message, in: mailbox)
      let message = HeldMessage(
        uid: uid, digest: content.digest, size: content.size,
        internalDate: try mailbox.internalDate(of: file.message), headerKey: content.headerKey,
        flags: nil, fate: .held, run: 0)
      formers.append(
        Former(
          file: file, message: message,
          isAsPulled: file.message.namedWireSize == content.size, isRecorded: false))
    }
    // What has no file any more was deleted by hand, then or since: the plan decides. Or a run that was
    // killed matched it.
    var matched = record.messages.values.reduce(into: [MatchedMessage: Int]()) {
      $0[MatchedMessage($1), default: 0] += 1
    }
    for message in record.former.values.sorted(by: { $0.uid < $1.uid })
    where !withFile.contains(message.uid) && (message.fate == .held || message.fate == .deleted) {
      if let count = matched[MatchedMessage(message)], count > 0 {
        matched[MatchedMessage(message)] = count - 1
        continue
      }
      formers.append(Former(file: nil, message: message, isAsPulled: true))
    }
    return formers
  }

  /// Records messages under their new UIDs and says so in the files' names, the files first.
  ///
  /// - Returns: the files.
  /// - Throws: what the archive throws.
  func keep(_ found: [(former: Former, uid: UID)]) throws -> [UID: LocatedMessage] {
    guard let validity = journal.record.uidValidity else { return [:] }
    var files: [UID: LocatedMessage] = [:]
    for (former, uid) in found { files[uid] = former.file }
    if !context.options.dryRun { try rename(&files, validity) }
    for (former, uid) in found {
      let message = former.message
      journal.append(
        .held(
          HeldMessage(
            uid: uid, digest: message.digest, size: message.size,
            internalDate: message.internalDate, headerKey: message.headerKey,
            flags: message.flags, fate: former.file == nil ? message.fate : .held,
            run: message.run)))
    }
    return files
  }

  private func rename(_ result: inout [UID: LocatedMessage], _ validity: UIDValidity) throws {
    let byMailbox = Dictionary(grouping: result.sorted { $0.key < $1.key }, by: \.value.mailbox)
    for (name, files) in byMailbox.sorted(by: { $0.key < $1.key }) {
      guard let mailbox = try context.archive.mailbox(name) else { continue }
      let orders = files.map { uid, file in
        MoveOrder(
          file.message,
          origin: MessageOrigin(uidValidity: validity, uid: uid, mailboxKey: key))
      }
      for (file, message) in zip(files, try mailbox.move(orders, to: mailbox)) {
        result[file.key] = LocatedMessage(message: message, mailbox: name)
      }
    }
  }
}
