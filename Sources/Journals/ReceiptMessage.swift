package import Mail

/// A message of an archive, and what a comparison with a server found of it: one line of a receipt
/// (`formats/receipt.md`).
package struct ReceiptMessage: Equatable, Sendable {
  /// Whether the server has it, and how that is known.
  package enum Presence: String, Sendable, CaseIterable {
    /// It was downloaded, and is the same octet for octet.
    case content
    /// Header key and size are the same, and nothing else has them.
    case header
    /// It was downloaded, and is the same but for what servers are known to change.
    case altered
    /// It is not there.
    case missing
    /// Nobody could look.
    case unchecked
  }

  /// What the server keeps of a message that it altered.
  package struct Kept: Equatable, Sendable {
    /// Of the content.
    package let digest: ContentDigest
    /// Of the header.
    package let headerKey: HeaderKey
    /// Octets as the server tells them.
    package let size: Int64

    package init(digest: ContentDigest, headerKey: HeaderKey, size: Int64) {
      self.digest = digest
      self.headerKey = headerKey
      self.size = size
    }
  }

  /// The mailbox of the archive that it is in.
  package let mailbox: MailboxName
  /// What names it there, whatever its flags; empty where nothing does.
  package let file: String
  /// Of the wire form.
  package let digest: ContentDigest
  /// Of the header.
  package let headerKey: HeaderKey
  /// Octets of the wire form.
  package let size: Int64
  /// Whether header key and size may decide that a message of the server is this one.
  package var keyDecides: Bool
  /// When it came into its mailbox; nil where that is not known, and so is not compared.
  package let date: InternalDate?
  /// The flags that the server can keep.
  package var flags: Flags
  /// Which message of the server it is.
  package var uid: UID?
  /// Whether it is there.
  package var presence: Presence
  /// Whether the server has another internal date.
  package var dateDiffers = false
  /// Whether the server has other flags.
  package var flagsDiffer = false
  /// What the server has in its place, if it altered it.
  package var kept: Kept?

  /// A message that nobody has looked for yet.
  package init(
    mailbox: MailboxName, file: String, digest: ContentDigest, headerKey: HeaderKey, size: Int64,
    keyDecides: Bool, date: InternalDate?, flags: Flags
  ) {
    self.mailbox = mailbox
    self.file = file
    self.digest = digest
    self.headerKey = headerKey
    self.size = size
    self.keyDecides = keyDecides
    self.date = date
    self.flags = flags
    uid = nil
    presence = .unchecked
    kept = nil
  }
}

extension ReceiptMessage {
  /// The verdict as a word: whether it is there, and what else differs.
  package var verdict: String {
    presence.rawValue + (dateDiffers ? "+date" : "") + (flagsDiffer ? "+flags" : "")
  }

  var record: JournalRecord {
    let kept = kept.map { ["\($0.digest)", "\($0.size)", "\($0.headerKey)"] } ?? ["", "", ""]
    let found = [mailbox.stateForm, verdict, uid.map { "\($0)" } ?? ""]
    let content = ["\(digest)", "\(size)", "\(headerKey)", keyDecides ? "decides" : "doubtful"]
    return JournalRecord(
      "message",
      found + content + [date.map { "\($0.epochSeconds)" } ?? ""] + kept + [file]
        + flags.journalFields)
  }

  /// Nil for fields that are none.
  init?(_ record: JournalRecord) {
    var reader = FieldReader(record)
    guard let mailbox = reader.mailbox(),
      let verdict = reader.text(), let uid = reader.text(), let digest = reader.digest(),
      let size: Int64 = reader.number(), size >= 0, let key = reader.headerKey(),
      let decides = reader.text(), ["decides", "doubtful"].contains(decides),
      let date = reader.text(), let keptDigest = reader.text(), let keptSize = reader.text(),
      let keptKey = reader.text(), let file = reader.text()
    else { return nil }
    self.init(
      mailbox: mailbox, file: file, digest: digest, headerKey: key, size: size,
      keyDecides: decides == "decides",
      date: Int64(date).map { InternalDate(epochSeconds: $0) }, flags: reader.flags())
    guard date.isEmpty == (self.date == nil) else { return nil }
    self.uid = UInt32(uid).flatMap { UID($0) }
    guard uid.isEmpty == (self.uid == nil) else { return nil }
    let words = verdict.split(separator: "+", omittingEmptySubsequences: false)
    guard let presence = Presence(rawValue: String(words[0])) else { return nil }
    self.presence = presence
    dateDiffers = words.contains("date")
    flagsDiffer = words.contains("flags")
    guard self.verdict == verdict, (self.uid != nil) == presence.isThere else { return nil }
    if let digest = ContentDigest(hex: keptDigest), let size = Int64(keptSize), size >= 0,
      let key = HeaderKey(keptKey)
    {
      kept = Kept(digest: digest, headerKey: key, size: size)
    }
    guard (presence == .altered) == (kept != nil),
      kept != nil || [keptDigest, keptSize, keptKey].allSatisfy(\.isEmpty)
    else { return nil }
  }
}

extension ReceiptMessage {
  /// Makes it a message that the server lacks, whatever was found before.
  package mutating func isNotThere() {
    uid = nil
    presence = .missing
    dateDiffers = false
    flagsDiffer = false
  }
}

extension ReceiptMessage.Presence {
  /// Whether the server has the message, altered or not.
  package var isThere: Bool {
    switch self {
    case .content, .header, .altered: true
    case .missing, .unchecked: false
    }
  }
}
