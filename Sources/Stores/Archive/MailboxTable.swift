package import Mail
import Platform
import Synchronization

/// What an archive knows of one mailbox of its source.
package struct MailboxRecord: Hashable, Sendable {
  /// The name at the source.
  package let name: MailboxName
  /// The mailbox of the archive that holds its mail: another one if the user renamed it.
  package var archiveName: MailboxName
  /// What the source says it is for.
  package var specialUses: Set<SpecialUse>
  /// Whether the user subscribed to it at the source.
  package var isSubscribed: Bool
  /// False for a name that only holds others (`\Noselect`).
  package var isSelectable: Bool

  /// Makes a record of its parts.
  package init(
    name: MailboxName, archiveName: MailboxName, specialUses: Set<SpecialUse>, isSubscribed: Bool,
    isSelectable: Bool
  ) {
    self.name = name
    self.archiveName = archiveName
    self.specialUses = specialUses
    self.isSubscribed = isSubscribed
    self.isSelectable = isSelectable
  }
}

/// The file `.mailarc/mailboxes`: the mailboxes of the source as the last pull saw them.
///
/// Safe to use from several threads.
package final class MailboxTable: Sendable {
  private struct Content {
    var records: [MailboxName: MailboxRecord]
    var isChanged = false
  }

  static let fileName = "mailboxes"
  private static let text = StateText(kind: "mailarc mailboxes", version: 1, limit: 64 << 20)

  private let directory: Directory
  private let content: Mutex<Content>

  init(in state: Directory) throws(StoreError) {
    directory = state
    var records: [MailboxName: MailboxRecord] = [:]
    for line in try Self.text.read(Self.fileName, in: state) ?? [] {
      guard let record = MailboxRecord(line: line),
        records.updateValue(record, forKey: record.name) == nil
      else {
        throw .damaged(
          file: state.path(of: Self.fileName), reason: "a line describes no mailbox, or one twice")
      }
    }
    content = Mutex(Content(records: records))
  }

  /// What can be read of a file that may be broken; of two lines for one mailbox, the first.
  ///
  /// - Throws: `newerFormat`, `system`.
  init(salvagedFrom state: Directory) throws(StoreError) {
    directory = state
    var records: [MailboxName: MailboxRecord] = [:]
    for line in try Self.text.salvage(Self.fileName, in: state) ?? [] {
      if let record = MailboxRecord(line: line), records[record.name] == nil {
        records[record.name] = record
      }
    }
    content = Mutex(Content(records: records, isChanged: true))
  }

  /// All records, ordered by name.
  package var records: [MailboxRecord] {
    content.withLock { Array($0.records.values) }.sorted { $0.name < $1.name }
  }

  /// The record of a mailbox of the source.
  package subscript(name: MailboxName) -> MailboxRecord? {
    content.withLock { $0.records[name] }
  }

  /// Adds a record, or replaces the one of that name.
  package func update(_ record: MailboxRecord) {
    content.withLock {
      if $0.records.updateValue(record, forKey: record.name) != record { $0.isChanged = true }
    }
  }

  /// Forgets a mailbox of the source.
  package func remove(_ name: MailboxName) {
    content.withLock {
      if $0.records.removeValue(forKey: name) != nil { $0.isChanged = true }
    }
  }

  /// Writes the file, flushed, if anything changed since it was read.
  package func save() throws(StoreError) {
    let isChanged = content.withLock { content in
      defer { content.isChanged = false }
      return content.isChanged
    }
    guard isChanged else { return }
    do {
      try Self.text.write(records.lazy.map(\.line), to: Self.fileName, in: directory)
    } catch {
      content.withLock { $0.isChanged = true }
      throw error
    }
  }
}

extension MailboxRecord {
  /// A line of the file: the name, then a word for each thing known, separated by tabs.
  fileprivate var line: String {
    var words = [name.stateForm]
    if archiveName != name { words.append("as=" + archiveName.stateForm) }
    for use in specialUses.map(\.rawValue).sorted() { words.append("use=" + use) }
    if isSubscribed { words.append("subscribed") }
    if !isSelectable { words.append("noselect") }
    return words.joined(separator: "\t")
  }

  fileprivate init?(line: String) {
    let words = line.split(separator: "\t", omittingEmptySubsequences: false)
    guard let first = words.first, let name = MailboxName(stateForm: first) else { return nil }
    self.init(
      name: name, archiveName: name, specialUses: [], isSubscribed: false, isSelectable: true)
    for word in words.dropFirst() {
      guard read(word: word) else { return nil }
    }
  }

  private mutating func read(word: Substring) -> Bool {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let value = parts.count == 2 ? parts[1] : ""
    switch parts[0] {
    case "as":
      guard let other = MailboxName(stateForm: value) else { return false }
      archiveName = other
    case "use":
      guard let use = SpecialUse(rawValue: String(value)) else { return false }
      specialUses.insert(use)
    case "subscribed": isSubscribed = true
    case "noselect": isSelectable = false
    // The MAILBOXID that earlier versions wrote.
    case "id": break
    default: return false
    }
    return true
  }
}
