import Glibc
import Journals
import Mail
import Platform
import Stores
import Synchronization
import TestSupport

@testable import Pipeline

/// An archive as pulls leave it, made without a server.
final class VerifyBench {
  static let account = "ada@example.org"
  let temporary: TemporaryDirectory
  let root: String

  init(_ layout: ArchiveIdentity.Layout = .maildir) throws {
    temporary = try TemporaryDirectory(inMemory: true)
    root = temporary.file("archive")
    _ = try Archive.create(path: root, account: Self.account, layout: layout)
  }

  static func key(_ mailbox: String) throws -> MailboxKey {
    MailboxKey(account: account, mailbox: try name(mailbox))
  }

  static func name(_ mailbox: String) throws -> MailboxName {
    guard let name = MailboxName(stateForm: mailbox) else { throw TestSetupError(mailbox) }
    return name
  }

  /// Delivers messages with the UIDs 1, 2, … and records them; returns their files' names.
  @discardableResult
  func fill(
    _ mailbox: String, _ count: Int, recorded: Bool = true, keywords: Set<Keyword> = []
  ) throws -> [String] {
    let archive = try Archive.open(path: root, for: .writing)
    let box = try archive.makeMailbox(try Self.name(mailbox))
    let key = try Self.key(mailbox)
    var prepared: [PreparedDelivery] = []
    var held: [HeldMessage] = []
    let validity = UIDValidity(7)
    for number in 1...count {
      guard let uid = UID(UInt32(number)) else { continue }
      let text = "Message-ID: <\(number)@\(mailbox)>\nSubject: m\(number)\n\nbody \(number)\n"
      let wire = Array(text.replacing("\n", with: "\r\n").utf8)
      let date = InternalDate(epochSeconds: 1_700_000_000 + Int64(number))
      let delivery = try box.beginDelivery()
      try Array(text.utf8).withUnsafeBytes { try delivery.write($0) }
      prepared.append(
        try delivery.finish(
          origin: MessageOrigin(uidValidity: validity, uid: uid, mailboxKey: key), date: date,
          content: .content(of: Array(text.utf8)), flags: Flags(keywords: keywords)))
      held.append(
        HeldMessage(
          uid: uid, digest: SHA256.digest(of: wire.span), size: Int64(wire.count),
          internalDate: date, headerKey: HeaderKey(header: wire), flags: Flags(), fate: .held,
          run: 1))
    }
    let delivered = try box.commit(prepared)
    archive.table.update(
      MailboxRecord(
        name: try Self.name(mailbox), archiveName: try Self.name(mailbox), specialUses: [],
        isSubscribed: true, isSelectable: true))
    try archive.table.save()
    if recorded {
      _ = try RunLog.raise(to: 1, in: try archive.state.ensureSubdirectory("pull"))
      let journal = try self.journal(mailbox, archive)
      journal.append(.validity(validity))
      journal.append(.rematched)
      for message in held { journal.append(.held(message)) }
      try journal.flush()
    }
    return delivered.map(\.message.displayName)
  }

  private func journal(_ mailbox: String, _ archive: Archive) throws -> PullJournal {
    try PullJournal(
      in: try archive.state.ensureSubdirectory("pull"), key: try Self.key(mailbox).hex,
      mailbox: try Self.name(mailbox), readOnly: false)
  }

  func record(_ mailbox: String, _ event: PullEvent) throws {
    let journal = try journal(mailbox, try Archive.open(path: root, for: .writing))
    journal.append(event)
    try journal.flush()
  }

  /// What the journal of a mailbox adds up to.
  func pulled(_ mailbox: String) throws -> PullRecord {
    try PullJournal(
      in: try Directory.open(path: root + "/.mailarc/pull"), key: try Self.key(mailbox).hex,
      mailbox: try Self.name(mailbox), readOnly: true
    ).record
  }

  func journalPath(_ mailbox: String) throws -> String {
    "\(root)/.mailarc/pull/\(try Self.key(mailbox).hex).journal"
  }

  func verify() throws -> VerifyReport {
    try VerifyArchive(path: root, observer: NoVerifyObserver(), interruption: try Interruption())
      .run()
  }

  func rebuild(account: String? = nil) throws -> RebuildReport {
    try RebuildArchive(
      path: root, account: account, observer: NoVerifyObserver(),
      interruption: try Interruption()
    ).run()
  }

  /// Writes a file of a mailbox and gives it a time.
  func write(_ path: String, _ text: String, time: Int? = nil) throws {
    try writeFile(root + "/" + path, text)
    if let time { try setTime(path, time) }
  }

  func setTime(_ path: String, _ time: Int) throws {
    try runSuccessfully("/usr/bin/touch", ["-d", "@\(time)", root + "/" + path])
  }

  /// Turns a byte of a file into another one; the file's time stays.
  func damage(_ path: String, at offset: Int) throws {
    var bytes = try readBytes(root + "/" + path)
    bytes[offset] ^= 0x01
    var status = stat()
    guard stat(root + "/" + path, &status) == 0 else { throw TestSystemError("stat", path) }
    try writeBytes(root + "/" + path, bytes)
    try setTime(path, status.st_mtim.tv_sec)
  }

  /// Breaks the line of that number in a file.
  func breakLine(_ path: String, _ number: Int) throws {
    var lines = try readBytes(path).split(separator: 10, omittingEmptySubsequences: false)
      .map { Array($0) }
    lines[number][0] ^= 0x55
    try writeBytes(path, Array(lines.joined(separator: [10])))
  }
}

/// Nobody looks.
struct NoVerifyObserver: VerifyObserver {
  func plan(totalMessages: Int, bytes: Int64?) {}
  func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {}
  func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {}
  func ended(_ mailbox: MailboxName) {}
  func finding(_ finding: VerifyFinding) {}
}

extension VerifyReport {
  /// The kinds of the findings, in their order.
  var kinds: [VerifyFinding.Kind] { findings.map(\.kind) }
}
