import Mail
import Platform
import Synchronization

/// A file without a name that holds the messages of one mailbox object until they are committed, as
/// they will stand in the mbox but for their block.
///
/// When none of them is needed any more it is cut to nothing, so that what it holds mostly never
/// reaches the disk.
final class MboxSpool: Sendable {
  private struct State {
    var size: Int64 = 0
    var users = 0
  }

  private let file: FileDescriptor
  private let state = Mutex(State())

  /// Makes an empty one in the archive's state directory.
  init(in directory: Directory) throws(SystemError) {
    let name = Directory.unfinishedPrefix + RandomID.hex(bytes: 8)
    file = try directory.createFile(name, exclusive: true)
    try directory.unlink(name)
  }

  /// Begins a message at the end; one at a time.
  func begin() throws(SystemError) -> Int64 {
    let start = state.withLock { state in
      state.users += 1
      return state.size
    }
    try file.seek(to: start)
    return start
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    try file.write(bytes)
    state.withLock { $0.size += Int64(bytes.count) }
  }

  /// One message less is needed.
  func release() {
    state.withLock { state in
      state.users -= 1
      guard state.users == 0, state.size > 0, (try? file.truncate(to: 0)) != nil else { return }
      state.size = 0
    }
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(SystemError) -> Int {
    try file.read(into: buffer, at: offset)
  }
}

/// A message that stands in a spool.
struct SpooledMessage: Sendable {
  let spool: MboxSpool
  /// Where it begins there.
  let offset: Int64
  let shape: MboxWriter.Shape
  /// The SHA-256 of the bytes in the spool.
  let digest: ContentDigest
}
