import Mail
import Platform
import Stores

/// Delivers what a `CopyWriter` wrote, a batch at a time, and makes it durable.
final class CopyCommits {
  /// Messages that are delivered together.
  struct Batch: Sendable {
    fileprivate(set) var prepared: [PreparedDelivery] = []
    private(set) var messages: [CopyWriter.Finished] = []
    /// Octets of their wire form.
    private(set) var bytes: Int64 = 0

    /// Adds a message whose content was written.
    mutating func add(_ delivery: PreparedDelivery, _ message: CopyWriter.Finished) {
      prepared.append(delivery)
      messages.append(message)
      bytes += message.content.wireSize
    }
  }

  private let limits: CopyWriter.Limits
  private let outcome: CopyWriter.Outcome
  private var target: (any Mailbox)?
  private var unflushed: [CopyWriter.Written] = []
  private var unflushedBytes: Int64 = 0

  private init(
    _ mailbox: MailboxName, of archive: Archive, _ limits: CopyWriter.Limits,
    _ outcome: CopyWriter.Outcome
  ) {
    self.limits = limits
    self.outcome = outcome
    outcome.attempt { target = try archive.mailbox(mailbox) }
  }

  private func deliver(_ batch: Batch) {
    guard outcome.isGood else {
      target?.discard(batch.prepared)
      return
    }
    outcome.attempt {
      guard let target, !batch.prepared.isEmpty else { return }
      Checkpoint.pass("convert: before a batch")
      let delivered = try target.commit(batch.prepared, durably: false)
      for (message, delivered) in zip(batch.messages, delivered) {
        unflushed.append(
          .init(
            name: delivered.message.source, flags: message.copied.flags, content: message.content,
            sourceSize: message.copied.sourceSize, source: message.copied.source))
      }
      unflushedBytes += batch.bytes
      if unflushed.count >= limits.flushMessages || unflushedBytes >= limits.flushBytes {
        try flush()
      }
    }
  }

  private func flushContent(of order: Order) -> Order {
    guard case .deliver(var batch) = order else { return order }
    outcome.attempt { try target?.flush(&batch.prepared) }
    return .deliver(batch)
  }

  private func flush() throws {
    guard let target, !unflushed.isEmpty else { return }
    Checkpoint.pass("convert: before a flush")
    try target.flush()
    let written = unflushed
    unflushed = []
    unflushedBytes = 0
    outcome.add(written)
  }
}

extension CopyCommits {
  private enum Order: Sendable {
    case deliver(Batch)
    case flush
    case end
  }

  /// The way to the commits, which are on threads of their own if that pays and they can be had: one
  /// flushes the content of a batch while the other one delivers that before it.
  ///
  /// Of one thread.
  final class Line {
    // One order waits at most for each thread, so that memory and unnamed files stay few.
    private var orders = HandOff<Order>(capacity: 1)
    private let answers = HandOff<Void>(capacity: 1)
    // Nil if they are on another thread.
    private let own: CopyCommits?
    private let outcome: CopyWriter.Outcome

    init(
      _ mailbox: MailboxName, of archive: Archive, _ limits: CopyWriter.Limits,
      _ outcome: CopyWriter.Outcome
    ) {
      self.outcome = outcome
      let (flushed, answers) = (orders, answers)
      let commit: @Sendable () -> Void = {
        let commits = CopyCommits(mailbox, of: archive, limits, outcome)
        while true {
          switch flushed.take() {
          case .deliver(let batch): commits.deliver(batch)
          case .flush:
            outcome.attempt { try commits.flush() }
            answers.put(())
          case .end: return answers.put(())
          }
        }
      }
      guard limits.deliversAlongside,
        (try? WorkerThread.detach(name: "mailarc-commit", commit)) != nil
      else {
        own = CopyCommits(mailbox, of: archive, limits, outcome)
        return
      }
      own = nil
      let written = HandOff<Order>(capacity: 1)
      let flush: @Sendable () -> Void = {
        let flushes = CopyCommits(mailbox, of: archive, limits, outcome)
        while true {
          let order = flushes.flushContent(of: written.take())
          flushed.put(order)
          if case .end = order { return }
        }
      }
      if (try? WorkerThread.detach(name: "mailarc-flush", flush)) != nil { orders = written }
    }

    /// Delivers a batch, now or soon.
    func deliver(_ batch: Batch) {
      if let own { own.deliver(batch) } else { orders.put(.deliver(batch)) }
    }

    /// Makes all that was given durable.
    func flush() {
      if let own { return outcome.attempt { try own.flush() } }
      orders.put(.flush)
      answers.take()
    }

    /// Ends, when all batches that were given are over; nothing may follow.
    func end() {
      guard own == nil else { return }
      orders.put(.end)
      answers.take()
    }
  }
}
