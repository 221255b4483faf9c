import Glibc
import Platform

/// The bytes of an mbox file at any place, whether the file is compressed or not.
protocol MboxSource: AnyObject {
  /// Reads at a place, perhaps fewer bytes than asked for; 0 where the file ends.
  ///
  /// - Throws: `unreadable` where a compressed file is damaged, `system`.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(StoreError) -> Int
  /// Makes sure that the file is as it was when the mailbox was scanned.
  ///
  /// - Throws: `unreadable` if it is not, `system`.
  func checkUnchanged() throws(StoreError)
}

extension MboxSource {
  /// Nothing: whoever has such a source watches the file in another way.
  func checkUnchanged() throws(StoreError) {}
}

/// A file as it is.
final class PlainMboxSource: MboxSource {
  private let file: FileDescriptor
  private let path: String

  init(_ file: consuming FileDescriptor, path: String) {
    self.file = file
    self.path = path
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(StoreError) -> Int {
    do { return try file.read(into: buffer, at: offset) } catch { throw .system(error.at(path)) }
  }

  func status() throws(StoreError) -> FileStatus {
    do { return try file.status() } catch { throw .system(error.at(path)) }
  }
}

/// What a file looks like from outside; it changes when the file's content does.
struct MboxFileState: Equatable {
  private let status: FileStatus

  init(_ status: FileStatus) { self.status = status }

  /// Bytes on disk.
  var size: Int64 { status.size }
  /// When the content was changed last.
  var modifiedSeconds: Int64 { status.modifiedSeconds }

  // Not the whole status: another link to the file, or other rights, are no change of the mail.
  static func == (left: Self, right: Self) -> Bool {
    left.status.device == right.status.device && left.status.inode == right.status.inode
      && left.status.size == right.status.size
      && left.status.modifiedNanoseconds == right.status.modifiedNanoseconds
      && left.status.changedNanoseconds == right.status.changedNanoseconds
  }
}

/// An open mbox file, compressed or not.
final class MboxFile: MboxSource {
  private enum Content {
    case plain
    case compressed(GzipReader)
  }

  /// What the file looked like when it was opened.
  let state: MboxFileState
  /// Whether it is compressed by gzip.
  let isCompressed: Bool
  private let file: FileDescriptor
  private let content: Content
  private let path: String

  /// Opens a file; whether it is compressed is told by its first bytes, not by its name.
  ///
  /// - Throws: `system`.
  init(_ file: consuming FileDescriptor, path: String) throws(StoreError) {
    do {
      state = MboxFileState(try file.status())
      isCompressed = try GzipReader.isGzip(file)
      content = isCompressed ? .compressed(GzipReader()) : .plain
    } catch { throw .system(error.at(path)) }
    self.file = file
    self.path = path
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(StoreError) -> Int {
    do throws(GzipError) {
      switch content {
      case .plain:
        do throws(SystemError) { return try file.read(into: buffer, at: offset) } catch {
          throw .system(error)
        }
      case .compressed(let reader): return try reader.read(into: buffer, at: offset, of: file)
      }
    } catch {
      if case .system(let error) = error { throw .system(error.at(path)) }
      throw .unreadable(path: path, reason: error.description)
    }
  }

  func checkUnchanged() throws(StoreError) {
    let now: MboxFileState
    do { now = MboxFileState(try file.status()) } catch { throw .system(error.at(path)) }
    guard now == state else {
      throw .changed(path)
    }
  }

  /// Runs a closure under a shared lock, if other programs let one be had within a second and the file
  /// system has locks.
  func withSharedLock<Value>(_ body: () -> Value) -> Value {
    var isLocked = (try? file.takeRangeLock(.shared)) ?? true
    for _ in 0..<20 where !isLocked {
      usleep(50_000)
      isLocked = (try? file.takeRangeLock(.shared)) ?? true
    }
    defer { file.releaseRangeLock() }
    return body()
  }
}
