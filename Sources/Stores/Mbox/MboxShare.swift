import Platform
import Synchronization

/// What all objects for one mbox of an archive share within a run.
final class MboxShare: Sendable {
  /// What is known of the file, and what waits to be written to it.
  struct State: Sendable {
    /// The file as it was when the rest was true of it.
    var status: FileStatus?
    /// Hashes of all base names in it.
    var names: Set<Int> = []
    /// All messages in the order of the file; nil if only their names are kept.
    var messages: [StoredMessage]?
    /// Bytes of the file's content, uncompressed.
    var contentSize: Int64 = 0
    /// How many LFs a From_ line needs before it at the end of the content; only known of compressed files.
    var missingLineFeeds = 0
    /// What could not be read.
    var damage: [StoreError] = []
    /// As what the file is read, and why.
    var explanation = ""
    /// Messages that were finished and neither committed nor discarded, by their temporary names.
    var spooled: [[UInt8]: SpooledMessage] = [:]
    /// Counts the changes that move what is behind them.
    var rewrites = 0
    /// Whether what a crashed run left was put in order.
    var isRecovered = false
    /// Whether there are appended messages that may not be on stable storage yet, which the journal
    /// tells of.
    var hasUnflushed = false

    /// Forgets what is known of the file.
    mutating func forget() {
      status = nil
      names = []
      messages = nil
    }
  }

  /// Flushes of appended messages that need not be durable yet.
  let backgroundFlush = BackgroundFlush()
  private let state = Mutex(State())

  /// Runs a step while no other object for the same mbox does.
  func exclusively<Value: Sendable>(
    _ step: (inout State) throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    try state.withLock { state throws(StoreError) in try step(&state) }
  }
}
