import Mail
import Stores

/// A message whose end may be missing, because damage cut off the file that it is in.
struct IncompleteMessage {
  let message: StoredMessage
  /// Where it is, from whom and what about.
  let description: String

  /// - Parameters:
  ///   - mailbox: where it is looked for.
  ///   - messages: what the mailbox's last scan found.
  init?(in mailbox: any ReadableMailbox, among messages: [StoredMessage]) {
    guard let message = mailbox.incomplete(among: messages) else { return nil }
    self.message = message
    let path = mailbox.path(of: message)
    guard let header = try? mailbox.open(message).header() else {
      description = path
      return
    }
    let fields = HeaderFields(keyOf: header)
    let texts = HeaderText()
    let words = [
      fields.bodies(of: "from").first.map { "from \(texts.sender($0))" },
      fields.bodies(of: "subject").first.map { "\"\(texts.text($0))\"" },
    ].compactMap { $0 }
    description = words.isEmpty ? path : "\(path) (\(words.joined(separator: ", ")))"
  }

  /// What is told while its file is damaged.
  var warning: String {
    "\(description) may be incomplete: it is the last message before the damage, and is taken as far "
      + "as it is there"
  }
}

extension MessageFile {
  /// The message's header, of which no more is read than that.
  ///
  /// - Throws: `StoreError`.
  func header() throws(StoreError) -> [UInt8] {
    // Most headers are shorter.
    let step = 16 << 10
    var header = HeaderCollector()
    while !header.isComplete, let chunk = try nextChunk(atMost: step) { header.take(chunk) }
    return header.bytes
  }
}
