import Platform
import Stores

/// Refuses to convert mail into the place where it is, or into a part of it, or around it.
struct RefuseOverlap {
  let options: ConvertOptions

  /// - Throws: a usage failure; `StoreError.notFound` for a source that is not there; `SystemError`.
  func run() throws {
    let source = parts(of: try existing(options.sourcePath))
    let target = parts(of: try place(of: options.archivePath))
    guard source.starts(with: target) || target.starts(with: source) else { return }
    throw Failure.usage(
      source == target
        ? "FROM and TO are the same directory" : "one of FROM and TO is inside the other",
      advice: "Give a directory of its own for the archive.")
  }

  private func existing(_ path: String) throws -> String {
    do {
      return try CanonicalPath.of(path)
    } catch  where error.isNotFound {
      throw StoreError.notFound(path)
    }
  }

  /// The path of something that may not be there yet.
  private func place(of path: String) throws(SystemError) -> String {
    do {
      return try CanonicalPath.of(path)
    } catch  where error.isNotFound {
      var parts = path.split(separator: "/").map { String($0) }
      guard let name = parts.popLast(), name != "..", name != "." else { throw error }
      let parent = (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
      return try CanonicalPath.of(parent.isEmpty ? "." : parent) + "/" + name
    }
  }

  private func parts(of path: String) -> [Substring] { path.split(separator: "/") }
}
