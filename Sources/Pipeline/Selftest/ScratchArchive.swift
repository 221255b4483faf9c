import Mail
import Platform
import Stores

/// The archive that a selftest pushes: in a directory of its own where temporary files belong.
///
/// Nobody holds its lock between two calls, so that a push can take it.
final class ScratchArchive {
  /// What the names of all such directories begin with.
  static let prefix = "mailarc-selftest"

  /// The directory around it, for its owner only.
  let directory: String
  /// The archive's directory.
  var path: String { directory + "/archive" }
  /// The file in which a push lists its steps.
  var stepList: String { directory + "/steps" }
  /// What is in it.
  private(set) var messages: [SelftestMessage] = []
  private(set) var wanted: [CompareMailbox.Wanted] = []
  private var names: [Int: [UInt8]] = [:]
  private let mailbox: MailboxName
  private let generate: GenerateMessages
  private let digest = DigestMessages()

  /// Makes an empty one.
  ///
  /// - Throws: `SystemError`, `StoreError`.
  init(for mailbox: MailboxName, seed: UInt64) throws {
    self.mailbox = mailbox
    generate = GenerateMessages(seed: seed)
    directory = try Directory.makeScratch(prefix: Self.prefix)
    do {
      // Nobody's account, so that no target is taken for the source.
      let archive = try Archive.create(
        path: path, account: "selftest@mailarc.invalid", layout: .maildir)
      _ = try archive.makeMailbox(mailbox)
      _ = try Directory.open(path: directory).createFile("steps", exclusive: true)
    } catch {
      try? remove()
      throw error
    }
  }

  /// Adds messages, and gives others new flags.
  ///
  /// - Parameters:
  ///   - count: how many are added.
  ///   - changes: how many of the others get new flags.
  ///   - round: what the new flags depend on.
  /// - Throws: `StoreError`.
  func change(adding count: Int, reflagging changes: Int, in round: Int) throws {
    let archive = try Archive.open(path: path, for: .writing)
    let store = try archive.makeMailbox(mailbox)
    let old = messages.count
    for change in 0..<(old == 0 ? 0 : changes) {
      try reflag((round * 7 + change * 3) % old, in: store, round)
    }
    guard count > 0 else { return }
    let added = generate.run((old + 1)...(old + count))
    let prepared = try added.map { message in
      let delivery = try store.beginDelivery()
      try message.content.withUnsafeBytes { try delivery.write($0) }
      return try delivery.finish(
        origin: nil, date: message.date, content: .content(of: message.content),
        flags: message.flags)
    }
    let delivered = try store.commit(prepared)
    for (message, stored) in zip(added, delivered) {
      messages.append(message)
      names[message.number] = Array(stored.message.baseName)
      wanted.append(try want(message, stored.message, in: store))
    }
  }

  private func reflag(_ place: Int, in store: any Mailbox, _ round: Int) throws {
    let number = messages[place].number
    let flags = generate.newFlags(of: number, in: round)
    guard let stored = try store.scan().first(where: { Array($0.baseName) == names[number] }) else {
      return
    }
    let changed = try store.setFlags(flags, of: stored)
    try store.flush()
    messages[place].flags = flags
    wanted[place] = try want(messages[place], changed, in: store)
  }

  private func want(
    _ message: SelftestMessage, _ stored: StoredMessage, in store: any Mailbox
  ) throws -> CompareMailbox.Wanted {
    let size = stored.namedWireSize ?? 0
    return CompareMailbox.Wanted(
      number: message.number,
      digests: ContentDigests(
        exact: WrittenContent.content(of: message.content).digest,
        tolerated: try digest.tolerated(stored, in: store, passesTrace: true)[0]),
      flags: message.flags, date: message.date,
      label: "message \(message.number) (\(message.kind), \(size) octets)")
  }

  /// Forgets the steps of earlier runs.
  func resetSteps() throws {
    let file = try Directory.open(path: directory).openForUpdate("steps")
    try file.truncate(to: 0)
  }

  /// The points that the last run passed, in order.
  func steps() throws -> [PushStep] {
    let file = try Directory.open(path: directory).openFile("steps")
    var bytes = [UInt8](repeating: 0, count: Int(clamping: try file.status().size))
    let count = try bytes.withUnsafeMutableBytes { buffer throws(SystemError) in
      buffer.isEmpty ? 0 : try file.read(into: buffer, at: 0)
    }
    return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").compactMap {
      PushStep(line: $0)
    }
  }

  /// Removes it with its directory.
  func remove() throws(SystemError) { try Directory.removeTree(path: directory) }
}
