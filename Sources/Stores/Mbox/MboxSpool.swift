import Mail
import Platform
import Synchronization

/// The messages of one mailbox object until they are committed, as they will stand in the mbox but for
/// their block.
///
/// They gather in memory; what there is no room for goes to a file without a name. When none of them is
/// needed any more that is cut to nothing, so that what it holds mostly never reaches the disk.
final class MboxSpool: Sendable {
  private struct State {
    /// The last bytes, behind those in the file.
    var memory: [UInt8] = []
    var fileSize: Int64 = 0
    var users = 0
    var file: SharedFile?
  }

  private final class SharedFile: Sendable {
    let file: FileDescriptor

    init(in directory: Directory) throws(SystemError) {
      let name = Directory.unfinishedPrefix + RandomID.hex(bytes: 8)
      file = try directory.createFile(name, exclusive: true)
      try directory.unlink(name)
    }
  }

  /// Bytes that are kept in memory.
  static let memoryLimit = 2 << 20

  private let directory: Directory
  private let state = Mutex(State())

  /// Makes an empty one, whose file, if it gets one, is in the archive's state directory.
  init(in directory: Directory) { self.directory = directory }

  /// Begins a message at the end; one at a time.
  func begin() -> Int64 {
    state.withLock { state in
      state.users += 1
      return state.fileSize + Int64(state.memory.count)
    }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      if state.memory.count + bytes.count > Self.memoryLimit { try spill(&state) }
      guard bytes.count <= Self.memoryLimit else { return try write(bytes, &state) }
      state.memory.append(contentsOf: bytes)
    }
  }

  private func spill(_ state: inout State) throws(SystemError) {
    if state.memory.isEmpty { return }
    var memory: [UInt8] = []
    swap(&memory, &state.memory)
    defer { swap(&memory, &state.memory) }
    try memory.span.bytes.withUnsafeBytes { bytes throws(SystemError) in
      try write(bytes, &state)
    }
    memory.removeAll(keepingCapacity: true)
  }

  private func write(
    _ bytes: UnsafeRawBufferPointer, _ state: inout State
  ) throws(SystemError) {
    if state.file == nil { state.file = try SharedFile(in: directory) }
    guard let shared = state.file else { return }
    // What a failed write left there does not count.
    try shared.file.seek(to: state.fileSize)
    try shared.file.write(bytes)
    state.fileSize += Int64(bytes.count)
  }

  /// One message less is needed.
  func release() {
    state.withLock { state in
      state.users -= 1
      guard state.users == 0 else { return }
      if state.fileSize > 0 {
        guard (try? state.file?.file.truncate(to: 0)) != nil else { return }
        state.fileSize = 0
      }
      state.memory.removeAll(keepingCapacity: true)
    }
  }

  /// Runs a closure on bytes of messages, a piece after the other.
  ///
  /// - Parameters:
  ///   - range: which ones.
  ///   - buffer: for those that are in the file.
  ///   - body: takes them; it must not use the spool.
  /// - Throws: `SystemError`, what the closure throws.
  func forEachPiece(
    of range: Range<Int64>, _ buffer: FileBuffer,
    _ body: (UnsafeRawBufferPointer) throws(SystemError) -> Void
  ) throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      var position = range.lowerBound
      while position < min(range.upperBound, state.fileSize) {
        let rest = min(range.upperBound, state.fileSize) - position
        let part = UnsafeMutableRawBufferPointer(
          rebasing: buffer.bytes.prefix(Int(min(Int64(buffer.bytes.count), rest))))
        guard let count = try state.file?.file.read(into: part, at: position), count > 0 else {
          throw SystemError(errno: 5, operation: "read what was written to", path: directory.path)
        }
        try body(UnsafeRawBufferPointer(rebasing: part[..<count]))
        position += Int64(count)
      }
      guard position < range.upperBound else { return }
      let start = Int(position - state.fileSize)
      let end = Int(range.upperBound - state.fileSize)
      try state.memory.span.bytes.withUnsafeBytes { bytes throws(SystemError) in
        try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      }
    }
  }
}

/// A message that stands in a spool.
struct SpooledMessage: Sendable {
  let spool: MboxSpool
  /// Where it begins there.
  let offset: Int64
  let shape: MboxWriter.Shape
  /// The digest of its wire form.
  let digest: ContentDigest
}
