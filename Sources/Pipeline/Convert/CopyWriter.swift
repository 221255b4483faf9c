import Mail
import Platform
import Stores
import Synchronization

/// Writes copies into a mailbox of the archive, on threads of its own, while others are read.
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
    /// Whether a batch is delivered while the next one is written: that pays where it waits for the disk.
    let deliversAlongside: Bool
  }

  /// A message whose content was given.
  struct Copied: Sendable {
    let message: StoredMessage
    let date: InternalDate
    let flags: Flags
    /// Bytes of the content as the source has it.
    let sourceSize: Int64
    /// What the source calls it; nil where that may come to mean another message.
    let source: String?
  }

  /// The same, when its content is known.
  struct Finished: Sendable {
    let name: DeliveryName
    let copied: Copied
    let content: WrittenContent
  }

  /// A message that is in the archive for good.
  struct Written: Sendable {
    /// The base name that it got.
    let name: String
    let flags: Flags
    let content: WrittenContent
    let sourceSize: Int64
    let source: String?
  }

  enum Step: Sendable {
    case begin
    /// The next bytes of the content, up to this offset of the block.
    case bytes(Int)
    case copied(Copied)
    /// What becomes of that on the way.
    case finish(Finished)
    case abandon
    /// Delivers and flushes all.
    case commit
    /// Gives up what is not delivered, and ends.
    case end
  }

  /// Orders in their sequence, with the bytes that belong to them; used again and again.
  struct Block: Sendable {
    var bytes: [UInt8] = []
    var steps: [Step] = []

    mutating func clear() {
      bytes.removeAll(keepingCapacity: true)
      steps.removeAll(keepingCapacity: true)
    }
  }

  private static let blockCount = 4
  private static let blockBytes = 1 << 19
  private static let blockSteps = 1024
  private let filled = HandOff<Block>(capacity: blockCount)
  private let empty = HandOff<Block>(capacity: blockCount)
  private let answers = HandOff<Void>(capacity: 1)
  private let outcome = Outcome()
  private var block = Block()
  private var isOver = true

  /// Begins to write into a mailbox that is there.
  ///
  /// - Parameters:
  ///   - mailbox: the mailbox.
  ///   - archive: the archive that has it.
  ///   - names: choose what messages are called.
  ///   - limits: when what is done.
  /// - Throws: `SystemError` if no thread can be had.
  init(
    _ mailbox: MailboxName, of archive: Archive, names: CopyNames, limits: Limits
  ) throws {
    for _ in 1..<Self.blockCount { empty.put(Block()) }
    let (filled, empty, answers, outcome) = (filled, empty, answers, outcome)
    let measured = HandOff<Block>(capacity: Self.blockCount)
    try WorkerThread.detach(name: "mailarc-digest") {
      let measure = CopyMeasure(names: names)
      while true {
        var block = filled.take()
        let isOver = measure.take(&block)
        measured.put(consume block)
        if isOver { return }
      }
    }
    do {
      try WorkerThread.detach(name: "mailarc-write") {
        let writer = CopyWriterThread(mailbox, of: archive, limits, outcome)
        while true {
          var block = measured.take()
          let isOver = writer.take(block) { answers.put(()) }
          block.clear()
          empty.put(consume block)
          if isOver { return }
        }
      }
    } catch {
      filled.put(Block(steps: [.end]))
      throw error
    }
    isOver = false
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
  func finish(_ message: Copied) {
    block.steps.append(.copied(message))
    if block.steps.count >= Self.blockSteps { handOver() }
  }

  /// It is given up.
  func abandon() { block.steps.append(.abandon) }

  /// Those that are in the archive for good since this was asked last.
  ///
  /// - Throws: what kept the others from it; nothing more is written then.
  func takeWritten() throws -> [Written] {
    try outcome.take()
  }

  /// Makes all that was finished durable; `takeWritten()` tells about it.
  func commit() {
    block.steps.append(.commit)
    handOver()
    answers.take()
  }

  /// Gives up what was not committed; nothing may follow.
  func end() {
    guard !isOver else { return }
    isOver = true
    block.clear()
    block.steps.append(.end)
    handOver()
    answers.take()
  }

  private func handOver() {
    let full = block
    // So that nothing here refers to its storage, which is used again.
    block = Block()
    filled.put(consume full)
    block = empty.take()
  }
}

extension CopyWriter {
  /// What became of the messages, as the threads tell it to each other.
  final class Outcome: Sendable {
    private struct State {
      var written: [Written] = []
      var failure: (any Error)?
    }

    private let state = Mutex(State())

    /// Whether nothing failed so far; else nothing is written any more.
    var isGood: Bool { state.withLock { $0.failure == nil } }

    /// Runs a step unless one failed before; what it throws is kept.
    func attempt(_ step: () throws -> Void) {
      guard isGood else { return }
      do { try step() } catch { state.withLock { $0.failure = $0.failure ?? error } }
    }

    /// Messages are in the archive for good.
    func add(_ written: [Written]) { state.withLock { $0.written += written } }

    /// Those that came since this was asked last.
    ///
    /// - Throws: the failure, if there are none.
    func take() throws -> [Written] {
      let (written, failure) = state.withLock { state in
        defer { state.written = [] }
        return (state.written, state.failure)
      }
      if written.isEmpty, let failure { throw failure }
      return written
    }
  }
}
