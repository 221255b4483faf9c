import Glibc
import Platform

/// The directory or file that the user named, links followed: only here.
struct TreeRoot {
  /// The directory, or the one that the file is in.
  let directory: Directory
  /// The file; nil for a directory.
  let file: String?
  /// What the user called it; nil for the root of the file system.
  let name: String?

  /// - Throws: `notFound`, `system`.
  init(_ path: String) throws(StoreError) {
    do throws(SystemError) {
      directory = try Directory.open(path: path)
    } catch {
      if error.errno == ENOTDIR {
        self = try Self.file(path)
        return
      }
      if error.isNotFound { throw .notFound(path) }
      throw .system(error)
    }
    file = nil
    let last = Self.lastComponent(path)
    name =
      last == "." || last == ".."
      ? Self.lastComponent(try stored(try CanonicalPath.of(path))) : last
  }

  private init(directory: Directory, file: String, name: String?) {
    self.directory = directory
    self.file = file
    self.name = name
  }

  private static func file(_ path: String) throws(StoreError) -> TreeRoot {
    guard let resolved = try storedIfPresent(try CanonicalPath.of(path)),
      let name = lastComponent(resolved)
    else { throw .notFound(path) }
    let parent = resolved.utf8.dropLast(name.utf8.count)
    let directory = try stored(try Directory.open(path: String(decoding: parent, as: UTF8.self)))
    return TreeRoot(directory: directory, file: name, name: lastComponent(path))
  }

  private static func lastComponent(_ path: String) -> String? {
    path.split(separator: "/").last.map(String.init)
  }
}
