import Foundation
import Glibc
import Synchronization

@testable import CommandLine

/// A terminal whose two outputs can be read back.
struct Recording {
  private let outputFile = Recording.file()
  private let errorFile = Recording.file()
  let terminal: Terminal

  init(isInteractive: Bool = false, usesColour: Bool = false) {
    terminal = Terminal(
      output: outputFile.fileDescriptor, errors: errorFile.fileDescriptor,
      isInteractive: isInteractive, usesColour: usesColour)
  }

  /// What was printed on standard output.
  var output: String { Self.read(outputFile) }

  /// What was printed on standard error.
  var errors: String { Self.read(errorFile) }

  private static func file() -> FileHandle {
    var template = Array("/tmp/mailarc-recording-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    unlink(template)
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  private static func read(_ file: FileHandle) -> String {
    var status = stat()
    fstat(file.fileDescriptor, &status)
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    let count = pread(file.fileDescriptor, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}

/// A clock that goes on only when told to.
final class FakeClock: Sendable {
  private let time = Mutex(1000.0)

  var now: @Sendable () -> Double {
    { self.time.withLock { $0 } }
  }

  func advance(_ seconds: Double) {
    time.withLock { $0 += seconds }
  }
}

/// A directory of a test's own, removed with its last reference.
final class ScratchDirectory {
  let path: String

  init() throws {
    path = "/tmp/mailarc-commandline-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file with exactly these permissions, and returns its path.
  func write(_ bytes: [UInt8], to name: String, mode: mode_t) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    chmod(file, mode)
    return file
  }
}
