package import Mail
package import Platform

/// What a receipt says of itself, above its mailboxes.
package struct ReceiptHeader: Equatable, Sendable {
  /// What was compared with the account.
  package enum Mail: Equatable, Sendable {
    /// The archive of that id.
    case archive(String)
    /// Mail that other programs left, by its path.
    case path(String)
  }

  /// The account that was compared: user and domain, or user and host.
  package let account: String
  /// What was compared with it.
  package let mail: Mail
  /// When the comparison began, in seconds since 1970.
  package let time: Int64
  /// Whether `\Deleted` was compared.
  package let withDeleted: Bool

  package init(account: String, mail: Mail, time: Int64, withDeleted: Bool) {
    self.account = account
    self.mail = mail
    self.time = time
    self.withDeleted = withDeleted
  }

  static let version = 1
  static let firstWords = "mailarc receipt "

  var lines: [JournalRecord] {
    let mail =
      switch mail {
      case .archive(let id): JournalRecord("archive", [id])
      case .path(let path): JournalRecord("path", [path])
      }
    return [
      JournalRecord("mailarc", ["receipt", "\(Self.version)"]), JournalRecord("account", [account]),
      mail, JournalRecord("time", ["\(time)"]),
      JournalRecord("deleted", [withDeleted ? "yes" : "no"]),
    ]
  }

  /// The header of the lines behind the first; nil where one is missing or comes twice.
  init?(_ lines: [JournalRecord]) {
    var values: [String: String] = [:]
    for line in lines {
      guard let value = line.fields.first, line.fields.count == 1,
        values.updateValue(value, forKey: line.kind) == nil
      else { return nil }
    }
    guard values.count == 4, let account = values["account"], !account.isEmpty,
      let mail = values["archive"].map({ Mail.archive($0) }) ?? values["path"].map({ .path($0) }),
      let time = values["time"].flatMap({ Int64($0) }),
      let deleted = values["deleted"], ["yes", "no"].contains(deleted)
    else { return nil }
    self.init(account: account, mail: mail, time: time, withDeleted: deleted == "yes")
  }
}

/// A mailbox of the server in a receipt.
package struct ReceiptMailbox: Equatable, Sendable {
  /// Its name on the server.
  package let name: MailboxName
  /// Under which the UIDs are; nil where the server had no such mailbox, or did not say.
  package let uidValidity: UIDValidity?

  package init(name: MailboxName, uidValidity: UIDValidity?) {
    self.name = name
    self.uidValidity = uidValidity
  }

  var record: JournalRecord {
    JournalRecord("mailbox", [name.stateForm, uidValidity.map { "\($0)" } ?? ""])
  }

  /// Nil for fields that are none.
  init?(_ record: JournalRecord) {
    var reader = FieldReader(record)
    guard record.fields.count == 2,
      let name = reader.mailbox(),
      let validity = reader.text()
    else { return nil }
    self.init(name: name, uidValidity: UInt32(validity).map { UIDValidity($0) })
    guard validity.isEmpty == (uidValidity == nil) else { return nil }
  }
}

/// What can be wrong with a receipt.
package enum ReceiptError: Error, Equatable, Sendable {
  /// The file is something else.
  case foreign(path: String)
  /// It is no file at all.
  case noFile(path: String, FileKind)
  /// A later version of mailarc wrote it.
  case newer(path: String, version: Int)
  /// A line is not what it has to be; the first line is 1.
  case malformed(path: String, line: Int, reason: String)
  /// Somebody wrote to it while it was read.
  case changed(path: String)
}

extension ReceiptError: CustomStringConvertible {
  /// What is wrong, in one line; not escaped for terminals.
  package var description: String {
    switch self {
    case .foreign(let path): "\"\(path)\" is not a receipt of mailarc"
    case .noFile(let path, let kind): "\"\(path)\" is \(kind), not a receipt of mailarc"
    case .newer(let path, let version):
      "\"\(path)\" is a receipt of format \(version), which a later version of mailarc wrote"
    case .malformed(let path, let line, let reason):
      "\"\(path)\" can't be relied on: line \(line): \(reason)"
    case .changed(let path): "\"\(path)\" changed while it was read"
    }
  }
}
