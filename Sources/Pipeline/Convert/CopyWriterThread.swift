import Mail
import Stores

/// The side of a `CopyWriter` that writes.
final class CopyWriterThread {
  private let limits: CopyWriter.Limits
  private let commits: CopyCommits.Line
  private let outcome: CopyWriter.Outcome
  private var target: (any Mailbox)?
  private var delivery: (any Delivery)?
  private var batch = CopyCommits.Batch()

  init(
    _ mailbox: MailboxName, of archive: Archive, _ limits: CopyWriter.Limits,
    _ outcome: CopyWriter.Outcome
  ) {
    self.limits = limits
    commits = CopyCommits.Line(mailbox, of: archive, limits, outcome)
    self.outcome = outcome
    outcome.attempt { target = try archive.mailbox(mailbox) }
  }

  /// Does what a block says.
  ///
  /// - Parameters:
  ///   - block: the orders; after a failure nothing is written any more.
  ///   - answer: called where somebody waits for the end of an order.
  /// - Returns: whether nothing more is to be done.
  func take(_ block: CopyWriter.Block, _ answer: () -> Void) -> Bool {
    var offset = 0
    for step in block.steps {
      switch step {
      case .begin:
        outcome.attempt {
          delivery = try target?.beginDelivery(startsWriteback: !limits.deliversAlongside)
        }
      case .bytes(let end):
        outcome.attempt { try write(block.bytes, offset..<end) }
        offset = end
      case .finish(let message):
        outcome.attempt { try finish(message) }
      case .copied: preconditionFailure("its content is not known")
      case .abandon:
        abandon()
      case .commit:
        deliver()
        commits.flush()
        answer()
      case .end:
        abandon()
        target?.discard(batch.prepared)
        commits.end()
        answer()
        return true
      }
    }
    return false
  }

  private func write(_ bytes: [UInt8], _ range: Range<Int>) throws {
    try bytes.withUnsafeBytes { try delivery?.write(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  private func abandon() {
    delivery?.abandon()
    delivery = nil
  }

  private func finish(_ message: CopyWriter.Finished) throws {
    guard let delivery else { return }
    self.delivery = nil
    batch.add(
      try delivery.finish(
        name: message.name, date: message.copied.date, content: message.content,
        flags: message.copied.flags), message)
    if batch.prepared.count >= limits.batchMessages || batch.bytes >= limits.batchBytes {
      deliver()
    }
  }

  private func deliver() {
    let whole = batch
    // Whatever comes of it, nothing of the batch is left to be discarded here.
    batch = CopyCommits.Batch()
    commits.deliver(whole)
  }
}
