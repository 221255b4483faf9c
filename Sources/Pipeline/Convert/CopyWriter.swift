import Mail
import Platform
import Stores
import Synchronization

/// Writes copies into a mailbox of the archive, on a thread of its own, while others are read.
///
/// What is written is delivered a batch at a time. Of one thread: it gives the contents and the orders,
/// and takes what became of them.
final class CopyWriter {
  /// When a batch is delivered, and when what was delivered is made durable.
  struct Limits: Sendable {
    let batchMessages: Int
    let batchBytes: Int64
    let flushMessages: Int
    let flushBytes: Int64
  }

  /// What is known of a message whose content was given.
  struct Finished: Sendable {
    let name: DeliveryName
    let date: InternalDate
    let flags: Flags
    let content: CopiedContent
    /// What the source calls it; nil where that may come to mean another message.
    let source: String?
  }

  /// A message that is in the archive for good.
  struct Written: Sendable {
    let message: Finished
    /// The base name that it got.
    let name: String
  }

  fileprivate enum Step: Sendable {
    case begin
    /// The next bytes of the content, up to this offset of the block.
    case bytes(Int)
    case finish(Finished)
    case abandon
    /// Delivers and flushes all.
    case commit
    /// Gives up what is not delivered, and ends.
    case end
  }

  /// Orders in their sequence, with the bytes that belong to them; used again and again.
  fileprivate struct Block: Sendable {
    var bytes: [UInt8] = []
    var steps: [Step] = []

    mutating func clear() {
      bytes.removeAll(keepingCapacity: true)
      steps.removeAll(keepingCapacity: true)
    }
  }

  /// What both threads see.
  fileprivate final class Shared: Sendable {
    struct State {
      var written: [Written] = []
      var failure: (any Error)?
      /// Commits that are over.
      var commits = 0
    }

    let filled = HandOff<Block>(capacity: blockCount)
    let empty = HandOff<Block>(capacity: blockCount)
    let state = Mutex(State())
    let answers = HandOff<Void>(capacity: 1)
  }

  private static let blockCount = 4
  private static let blockBytes = 1 << 19
  private let shared = Shared()
  private var block = Block()
  private var isOver = false

  /// Begins to write into a mailbox that is there.
  ///
  /// - Throws: `SystemError` if no thread can be had.
  init(_ mailbox: MailboxName, of archive: Archive, limits: Limits) throws {
    let shared = shared
    for _ in 1..<Self.blockCount { shared.empty.put(Block()) }
    try WorkerThread.detach(name: "mailarc-write") {
      CopyWriterThread(shared, limits).run(mailbox, archive)
    }
  }

  deinit { end() }

  /// A message begins.
  func begin() { block.steps.append(.begin) }

  /// The next bytes of its content.
  func write(_ bytes: UnsafeRawBufferPointer) {
    block.bytes.append(contentsOf: bytes)
    block.steps.append(.bytes(block.bytes.count))
    if block.bytes.count >= Self.blockBytes { handOver() }
  }

  /// All of its content was given.
  func finish(_ message: Finished) { block.steps.append(.finish(message)) }

  /// It is given up.
  func abandon() { block.steps.append(.abandon) }

  /// Those that are in the archive for good since this was asked last.
  ///
  /// - Throws: what kept the others from it; nothing more is written then.
  func takeWritten() throws -> [Written] {
    let (written, failure) = shared.state.withLock { state in
      defer { state.written = [] }
      return (state.written, state.failure)
    }
    if written.isEmpty, let failure { throw failure }
    return written
  }

  /// Makes all that was finished durable; `takeWritten()` tells about it.
  func commit() {
    block.steps.append(.commit)
    handOver()
    shared.answers.take()
  }

  /// Gives up what was not committed; nothing may follow.
  func end() {
    guard !isOver else { return }
    isOver = true
    block.clear()
    block.steps.append(.end)
    handOver()
    shared.answers.take()
  }

  private func handOver() {
    let full = block
    // So that nothing here refers to its storage, which is used again.
    block = Block()
    shared.filled.put(full)
    block = shared.empty.take()
  }
}

/// The other side of a `CopyWriter`.
private final class CopyWriterThread {
  private let shared: CopyWriter.Shared
  private let limits: CopyWriter.Limits
  private var target: (any Mailbox)?
  private var delivery: (any Delivery)?
  private var prepared: [(delivery: PreparedDelivery, message: CopyWriter.Finished)] = []
  private var preparedBytes: Int64 = 0
  private var unflushed: [CopyWriter.Written] = []
  private var unflushedBytes: Int64 = 0

  init(_ shared: CopyWriter.Shared, _ limits: CopyWriter.Limits) {
    self.shared = shared
    self.limits = limits
  }

  func run(_ mailbox: MailboxName, _ archive: Archive) {
    attempt { target = try archive.mailbox(mailbox) }
    while true {
      var block = shared.filled.take()
      var offset = 0
      for step in block.steps {
        if case .end = step {
          target?.discard(prepared.map(\.delivery))
          delivery?.abandon()
          shared.answers.put(())
          return
        }
        // After a failure nothing is written any more, but whoever waits is answered.
        if shared.state.withLock({ $0.failure == nil }) {
          attempt { try take(step, block.bytes, from: offset) }
        }
        if case .bytes(let end) = step { offset = end }
        if case .commit = step { shared.answers.put(()) }
      }
      block.clear()
      shared.empty.put(block)
    }
  }

  private func attempt(_ body: () throws -> Void) {
    do { try body() } catch { shared.state.withLock { $0.failure = error } }
  }

  private func take(_ step: CopyWriter.Step, _ bytes: [UInt8], from start: Int) throws {
    switch step {
    case .begin: delivery = try target?.beginDelivery()
    case .bytes(let end):
      try bytes.withUnsafeBytes {
        try delivery?.write(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
      }
    case .finish(let message): try finish(message)
    case .abandon:
      delivery?.abandon()
      delivery = nil
    case .commit:
      try deliver()
      try flush()
    case .end: break
    }
  }

  private func finish(_ message: CopyWriter.Finished) throws {
    guard let delivery else { return }
    self.delivery = nil
    let finished = try delivery.finish(
      name: message.name, date: message.date, content: message.content.written,
      flags: message.flags)
    prepared.append((finished, message))
    preparedBytes += message.content.written.wireSize
    if prepared.count >= limits.batchMessages || preparedBytes >= limits.batchBytes {
      try deliver()
    }
    if unflushed.count >= limits.flushMessages || unflushedBytes >= limits.flushBytes {
      try flush()
    }
  }

  private func deliver() throws {
    guard let target, !prepared.isEmpty else { return }
    Checkpoint.pass("convert: before a batch")
    let batch = prepared
    // Whatever comes of it, nothing of the batch is left to be discarded.
    prepared = []
    let delivered = try target.commit(batch.map(\.delivery), durably: false)
    for (copy, delivered) in zip(batch, delivered) {
      unflushed.append(.init(message: copy.message, name: delivered.message.source))
    }
    unflushedBytes += preparedBytes
    preparedBytes = 0
  }

  private func flush() throws {
    guard let target, !unflushed.isEmpty else { return }
    Checkpoint.pass("convert: before a flush")
    try target.flush()
    let written = unflushed
    unflushed = []
    unflushedBytes = 0
    shared.state.withLock { $0.written += written }
  }
}
