import Platform
import Stores

/// Refuses to convert mail into the place where it is, or into a part of it, or around it.
struct RefuseOverlap {
  let options: ConvertOptions

  /// - Throws: a usage failure; `StoreError.notFound` for a source that is not there; `SystemError`.
  func run() throws {
    let source = try existing(options.sourcePath)
    let target = try CanonicalPath.ofPlace(options.archivePath)
    guard
      CanonicalPath.leads(source, into: target) || CanonicalPath.leads(target, into: source)
    else { return }
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
}
