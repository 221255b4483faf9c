package import Mail
package import Platform

/// Which mailboxes a target has, and which flags are kept there, as the last push learnt it from the
/// server: with it can be told offline what a push would do.
package struct TargetTable: Equatable, Sendable {
  /// Which flags a mailbox of the target keeps (PERMANENTFLAGS).
  package struct Kept: Equatable, Sendable {
    /// Those named; nil where the server keeps all.
    package let permanent: Flags?
    /// Whether any keyword is kept.
    package let takesNewKeywords: Bool

    package init(permanent: Flags?, takesNewKeywords: Bool) {
      self.permanent = permanent
      self.takesNewKeywords = takesNewKeywords
    }
  }

  /// How the account was named when it was last pushed to, without a password; nil where nobody knows.
  package var url: String?
  /// What stands between the components of a name there; nil where the server has no hierarchy.
  package var separator: UInt8?
  /// The mailboxes that are there and can hold mail, with their special uses.
  package var mailboxes: [MailboxName: [SpecialUse]] = [:]
  /// What is kept, by mailbox.
  package var kept: [MailboxName: Kept] = [:]

  private static let file = WholeRecords(
    name: "mailboxes", header: JournalRecord("mailarc-targets", ["1"]))

  package init() {}

  /// Reads `mailboxes` in a directory of `push`; nil where it is not there, or can't be read.
  package init?(in directory: Directory) {
    guard let records = Self.file.read(in: directory) else { return nil }
    for record in records {
      var reader = FieldReader(record)
      switch record.kind {
      case "separator":
        separator = reader.number()
        continue
      case "url":
        url = reader.text()
        continue
      default: break
      }
      guard let name = reader.mailbox() else { return nil }
      switch record.kind {
      case "mailbox":
        var uses: [SpecialUse] = []
        while let word = reader.text() {
          if let use = SpecialUse(rawValue: word) { uses.append(use) }
        }
        mailboxes[name] = uses
      case "keeps":
        guard let all = reader.text(), let keywords = reader.text() else { return nil }
        let flags = reader.flags()
        kept[name] = Kept(
          permanent: all == "all" ? nil : flags, takesNewKeywords: keywords == "new")
      default: break
      }
    }
  }

  /// Writes the file if it says anything else.
  ///
  /// - Throws: `JournalError.system`.
  package func write(in directory: Directory) throws(JournalError) {
    guard TargetTable(in: directory) != self else { return }
    var records = [JournalRecord("separator", [separator.map { "\($0)" } ?? ""])]
    if let url { records.append(JournalRecord("url", [url])) }
    for (name, uses) in mailboxes.sorted(by: { $0.key < $1.key }) {
      records.append(JournalRecord("mailbox", [name.stateForm] + uses.map(\.rawValue)))
    }
    for (name, kept) in kept.sorted(by: { $0.key < $1.key }) {
      records.append(
        JournalRecord(
          "keeps",
          [
            name.stateForm, kept.permanent == nil ? "all" : "these",
            kept.takesNewKeywords ? "new" : "known",
          ] + (kept.permanent ?? Flags()).journalFields))
    }
    try Self.file.write(records, in: directory)
  }
}
