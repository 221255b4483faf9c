import Mail
import Platform
import Stores

/// Reads every message of one mailbox and says what became of each.
struct VerifyMailbox {
  let mailbox: any ReadableMailbox
  let records: RecordedDigests
  let observer: any VerifyObserver
  let interruption: Interruption
  let scratch: WireScratch
  private let sha = SHA256()

  init(
    mailbox: any ReadableMailbox, records: RecordedDigests, observer: any VerifyObserver,
    interruption: Interruption, scratch: WireScratch
  ) {
    self.mailbox = mailbox
    self.records = records
    self.observer = observer
    self.interruption = interruption
    self.scratch = scratch
  }

  /// A message and what became of it.
  struct Outcome {
    let message: StoredMessage
    let verdict: MessageVerdict
    /// Whether a conversion may have recorded it under its name.
    var isConverted: Bool { message.isOurs }
    /// Of what was read; nil where it can't be read.
    let digest: ContentDigest?
    /// Octets of the wire form that were read.
    let size: Int64
    /// Why it can't be read, or what differs.
    let reason: String
  }

  /// Hands out each message in turn.
  ///
  /// - Throws: `Failure` if it is interrupted.
  func run(
    _ messages: [StoredMessage], _ body: (Outcome) -> Void
  ) throws(Failure) {
    var done: Int64 = 0
    for (index, message) in messages.enumerated() {
      try interruption.stopIfRaised()
      if let outcome = judge(message) {
        done += outcome.size
        body(outcome)
      }
      observer.progress(mailbox.name, messagesDone: index + 1, bytesDone: done)
    }
  }

  /// Nil for a message that went away meanwhile.
  private func judge(_ message: StoredMessage) -> Outcome? {
    do {
      let found = try read(message)
      let record = records.record(of: message)
      let judge = JudgeMessage(
        message: message, record: record, modified: try mailbox.modificationTime(of: message))
      return Outcome(
        message: message, verdict: judge.run(found), digest: found.digest, size: found.size,
        reason: judge.words(found))
    } catch StoreError.notFound {
      return nil
    } catch {
      return Outcome(
        message: message, verdict: .unreadable, digest: nil, size: 0, reason: "\(error)")
    }
  }

  private func read(_ message: StoredMessage) throws -> ReadMessage {
    let wire = try WireMessage(message, in: mailbox, scratch: scratch)
    var size: Int64 = 0
    var last: UInt8?
    sha.reset()
    try wire.forEachChunk { chunk in
      sha.update(chunk)
      size += Int64(chunk.count)
      last = chunk.last ?? last
    }
    return ReadMessage(
      digest: sha.finish(), size: size, diskSize: wire.diskSize, endsLine: last == .lineFeed)
  }
}

extension JudgeMessage {
  /// What differs, for people: the size that it came with and the one that it has, and when its file
  /// was written.
  fileprivate func words(_ found: ReadMessage) -> String {
    var words: [String] = []
    if let size = message.namedSize, message.isOurs, size != found.diskSize {
      words.append("\(found.diskSize) bytes, \(size) when it came")
    } else {
      words.append("\(found.diskSize) bytes")
    }
    if let modified { words.append("written \(modified)") }
    return words.joined(separator: ", ")
  }
}
