import Glibc
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Mail to convert, and where it goes.
final class ConvertBench {
  let directory: TemporaryDirectory
  var source: String { directory.file("source") }
  var target: String { directory.file("target") }

  static let account = "ada@example.org"

  init() throws { directory = try TemporaryDirectory(inMemory: true) }

  /// Converts in this process.
  @discardableResult
  func convert(
    from: String? = nil, to: String? = nil, layout: ArchiveIdentity.Layout? = .maildir,
    dryRun: Bool = false, accept: Bool = false, refetch: Bool = false,
    observer: any RunObserver = NoObserver()
  ) async throws -> RunReport {
    let options = ConvertOptions(
      sourcePath: from ?? source, mboxDialect: nil, archivePath: to ?? target, layout: layout,
      dryRun: dryRun, acceptDeletions: accept, refetchDeleted: refetch)
    return await ConvertPipeline(
      options: options, observer: observer, interruption: try Interruption()
    ).run()
  }

  /// Converts in a process of its own.
  func run(
    from: String? = nil, to: String? = nil, _ more: [String] = ["--layout", "maildir"],
    environment: [String: String] = [:]
  ) throws -> ProcessResult {
    try runProcess(
      builtProgram("mailarc"), ["convert", from ?? source, to ?? target] + more,
      environment: environment)
  }

  /// Adds messages to a mailbox of an archive, which is made if it is not there.
  func fill(
    _ mailbox: [String], _ messages: [GeneratedMessage], firstUID: UInt32 = 1,
    in path: String? = nil, layout: ArchiveIdentity.Layout = .maildir
  ) throws {
    let archive = try Archive.create(
      path: path ?? source, account: Self.account, layout: layout)
    let name = try #require(MailboxName(mailbox))
    let box = try archive.makeMailbox(name)
    let key = MailboxKey(account: Self.account, mailbox: name)
    var prepared: [PreparedDelivery] = []
    for (index, message) in messages.enumerated() {
      let delivery = try box.beginDelivery()
      try message.content.withUnsafeBytes { try delivery.write($0) }
      let uid = try #require(UID(firstUID + UInt32(index)))
      let origin =
        message.isFetched
        ? MessageOrigin(uidValidity: UIDValidity(7), uid: uid, mailboxKey: key) : nil
      prepared.append(
        try delivery.finish(
          origin: origin, date: InternalDate(epochSeconds: message.date),
          content: .content(of: message.content), flags: message.flags))
    }
    _ = try box.commit(prepared)
  }

  func view(_ path: String? = nil) throws -> [String: [ConvertedItem]] {
    try ConvertedItem.all(in: path ?? target)
  }

  /// The digests of all messages, for those that are too large to be looked at.
  func digests(_ path: String) throws -> [ContentDigest] {
    let source = try MailSources.open(path: path, mboxDialect: nil)
    let digester = DigestMessages()
    return try source.mailboxes().mailboxes.flatMap { place in
      let mailbox = try source.mailbox(at: place)
      return try mailbox.scan().map { try digester.run($0, in: mailbox).digest }
    }
  }

  /// The text of a message in its mailbox.
  static func plain(_ text: String, flags: Flags = Flags(), fetched: Bool = true)
    -> GeneratedMessage
  {
    GeneratedMessage(
      content: Array("Subject: \(text)\n\n\(text)\n".utf8), date: 1_600_000_000, flags: flags,
      isFetched: fetched)
  }
}

/// A message as somebody reads it.
struct ConvertedItem: Hashable, CustomStringConvertible {
  let base: String
  let content: [UInt8]
  let digest: ContentDigest
  let flags: [String]
  let date: Int64

  var description: String { "\(base) \(flags) \(date) \(String(decoding: content, as: UTF8.self))" }

  /// The item without its name.
  var nameless: ConvertedItem {
    ConvertedItem(base: "", content: content, digest: digest, flags: flags, date: date)
  }

  static func all(in path: String) throws -> [String: [ConvertedItem]] {
    let source = try MailSources.open(path: path, mboxDialect: nil)
    let digester = DigestMessages()
    var found: [String: [ConvertedItem]] = [:]
    for place in try source.mailboxes().mailboxes {
      let mailbox = try source.mailbox(at: place)
      found[place.name.description] = try mailbox.scan().map { message in
        var content: [UInt8] = []
        try mailbox.open(message).forEachChunk { content += Array($0) }
        return ConvertedItem(
          base: String(decoding: message.baseName, as: UTF8.self), content: content,
          digest: try digester.run(message, in: mailbox).digest,
          flags: message.flags.imapNames.map { $0.lowercased() }.sorted(),
          date: try mailbox.internalDate(of: message).epochSeconds)
      }
    }
    return found
  }
}

extension RunReport {
  /// What a conversion did, without what is zero.
  var converted: [String: Int] {
    var sums: [String: Int] = [:]
    for mailbox in mailboxes {
      sums["transferred", default: 0] += mailbox.transferred
      sums["present", default: 0] += mailbox.alreadyPresent
      sums["flags", default: 0] += mailbox.flagsUpdated
      sums["deleted", default: 0] += mailbox.deletedByHand
      sums["gone", default: 0] += mailbox.goneAtSource
    }
    sums["questions"] = questions.count
    sums["failed"] = failures.count
    sums["mailboxes failed"] = mailboxFailures.count
    return sums.filter { $0.value != 0 }
  }
}
