import Journals
import Mail
import Platform
import Stores

/// Lists the messages of one mailbox of an archive by what they are known by.
struct LookAtMailbox {
  /// How closely.
  enum Depth {
    /// By names and flags.
    case names
    /// And by the sizes of files.
    case sizes
    /// And by reading all content.
    case contents
  }

  let depth: Depth
  let stray: StrayKeywords
  let digester: DigestMessages

  /// Lists them.
  ///
  /// - Parameters:
  ///   - mailbox: the mailbox.
  ///   - expected: what should be there, by key; with `contents` the digests are compared.
  /// - Returns: what is there.
  /// - Throws: `StoreError`.
  func run(
    _ mailbox: any ReadableMailbox, expected: [String: ExpectedMessage]
  ) throws -> [FoundMessage] {
    var stray = stray
    var found: [FoundMessage] = []
    for message in try mailbox.scan() {
      do {
        var flags = message.flags
        flags.keywords.formUnion(stray.keywords(of: message, in: mailbox.name))
        let key = try MessageKey(message) { try digester.run($0, in: mailbox).digest }.text
        var one = FoundMessage(
          key: key, name: message.source, path: mailbox.path(of: message), flags: flags,
          namedSize: message.isOurs ? message.namedSize : nil)
        if depth != .names { one.size = try size(of: message, in: mailbox) }
        if depth == .contents, let recorded = expected[key]?.digest {
          one.isOtherContent = try digester.run(message, in: mailbox).digest != recorded
        }
        found.append(one)
      } catch {
        // Another program took it away meanwhile.
        guard case StoreError.notFound = error else { throw error }
      }
    }
    if let problem = mailbox.damage.first { throw problem }
    return found
  }

  private func size(
    of message: StoredMessage, in mailbox: any ReadableMailbox
  ) throws(StoreError) -> Int64? {
    if let scanned = message.scanned { return scanned.size }
    return try mailbox.open(message).size
  }
}
