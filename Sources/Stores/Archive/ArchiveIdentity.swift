import Mail
import Platform

/// What `.mailarc/archive` says.
package struct ArchiveIdentity: Hashable, Sendable {
  /// How mailboxes are kept in an archive.
  package enum Layout: String, Sendable, CaseIterable {
    /// Nested directories, each with `cur`, `new` and `tmp`.
    case maildir
    /// INBOX in the archive's own directory, the others in directories that begin with a dot, as
    /// Dovecot and Courier keep them.
    case maildirPlusPlus = "maildir++"
    /// One file for each mailbox.
    case mbox
    /// The same, compressed.
    case mboxGzip = "mbox.gz"
  }

  /// The version of the archive's format.
  package let version: Int
  /// How mailboxes are kept.
  package let layout: Layout
  /// 32 hexadecimal digits that no other archive has.
  package let id: String
  /// The source account: user and domain, or the user alone.
  package let account: String

  static let fileName = "archive"
  private static let text = StateText(kind: "mailarc archive", version: 1, limit: 4096)

  init(layout: Layout, account: String) {
    version = Self.text.version
    self.layout = layout
    id = RandomID.hex(bytes: 16)
    self.account = account
  }

  /// Nil where the directory has no such file.
  init?(in state: Directory) throws(StoreError) {
    guard let lines = try Self.text.read(Self.fileName, in: state) else { return nil }
    let path = state.path(of: Self.fileName)
    var values: [String: String] = [:]
    for line in lines {
      let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      guard words.count == 2, values.updateValue(String(words[1]), forKey: String(words[0])) == nil
      else { throw .damaged(file: path, reason: "a line is not a name and a value") }
    }
    guard let layout = values["layout"], let id = values["id"], !id.isEmpty,
      let account = values["account"].flatMap({ PercentEscape.decode($0.utf8) })
    else { throw .damaged(file: path, reason: "layout, id or account is missing") }
    guard let layout = Layout(rawValue: layout) else { throw .unsupportedLayout(layout) }
    version = Self.text.version
    self.layout = layout
    self.id = id
    self.account = account
  }

  func write(in state: Directory) throws(StoreError) {
    let lines = [
      "layout \(layout.rawValue)", "id \(id)", "account \(PercentEscape.word(account))",
    ]
    try Self.text.write(lines, to: Self.fileName, in: state)
  }
}
