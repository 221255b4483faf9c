package import Mail
package import Platform

/// How the archive was when a run last looked at it, as far as the journals alone do not say it: what
/// somebody had put there, moved, flagged or taken away by then.
package struct SeenArchive: Equatable, Sendable {
  /// A message that is not as the journals say.
  package struct Message: Equatable, Sendable {
    /// What it is known by, in words of the pipeline.
    package let key: String
    /// The base name.
    package let name: String
    /// Bytes on disk; negative where that was not asked.
    package let size: Int64
    /// Its flags.
    package let flags: Flags

    package init(key: String, name: String, size: Int64, flags: Flags) {
      self.key = key
      self.name = name
      self.size = size
      self.flags = flags
    }
  }

  /// A mailbox that was there.
  package struct Mailbox: Equatable, Sendable {
    /// The store's stamp of then; empty where it can't be relied on.
    package var stamp: String
    /// What was there in another way than the journals say, or without a record.
    package var messages: [Message] = []
    /// The keys of what the journals say is there, and was not.
    package var absent: [String] = []

    package init(stamp: String) { self.stamp = stamp }
  }

  /// All mailboxes that were there, by name.
  package var mailboxes: [MailboxName: Mailbox] = [:]

  private static let file = WholeRecords(
    name: "seen", header: JournalRecord("mailarc-seen", ["1"]))

  package init() {}

  /// Reads `seen` in `.mailarc`; nil where it is not there, or can't be read.
  package init?(in state: Directory) {
    guard let records = Self.file.read(in: state) else { return nil }
    var current: MailboxName?
    for record in records {
      var reader = FieldReader(record)
      guard let first = reader.text() else { return nil }
      switch record.kind {
      case "mailbox":
        guard let name = MailboxName(stateForm: first), let stamp = reader.text() else {
          return nil
        }
        current = name
        mailboxes[name] = Mailbox(stamp: stamp)
      case "message":
        guard let current, let name = reader.text(), let size: Int64 = reader.number() else {
          return nil
        }
        mailboxes[current]?.messages.append(
          Message(key: first, name: name, size: size, flags: reader.flags()))
      case "absent":
        guard let current else { return nil }
        mailboxes[current]?.absent.append(first)
      default: break
      }
    }
  }

  /// Writes the file.
  ///
  /// - Throws: `JournalError.system`.
  package func write(in state: Directory) throws(JournalError) {
    var records: [JournalRecord] = []
    for (name, mailbox) in mailboxes.sorted(by: { $0.key < $1.key }) {
      records.append(JournalRecord("mailbox", [name.stateForm, mailbox.stamp]))
      for message in mailbox.messages {
        records.append(
          JournalRecord(
            "message",
            [message.key, message.name, "\(message.size)"] + message.flags.journalFields))
      }
      for key in mailbox.absent { records.append(JournalRecord("absent", [key])) }
    }
    try Self.file.write(records, in: state)
  }
}
