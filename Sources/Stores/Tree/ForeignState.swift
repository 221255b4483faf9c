import Mail
package import Platform

/// What mailarc keeps of mail that lies in no archive of its own: it writes nothing beside such mail.
///
/// `BASE/<16 hex>/`, named by the first eight bytes of the SHA-256 of the mail's canonical path, with
/// `source`, which says the path, and `lock`. A run holds the lock as long as the value lives.
package final class ForeignState: Sendable {
  private static let text = StateText(kind: "mailarc source", version: 1, limit: 1 << 16)

  /// Where the state is.
  package let directory: Directory
  private let lock: FileLock

  /// Opens the state for some mail, and makes it if there is none.
  ///
  /// - Parameters:
  ///   - path: the mail's file or directory.
  ///   - base: the directory for all such state; made with what is missing above it.
  /// - Throws: `locked`, `damaged`, `newerFormat`, `system`.
  package init(of path: String, in base: String) throws(StoreError) {
    let canonical = try stored(try CanonicalPath.of(path))
    var made = base.hasPrefix("/") ? "/" : "."
    for component in base.split(separator: "/") {
      made += "/" + component
      _ = try stored(try Directory.ensure(path: made))
    }
    let parent = try stored(try Directory.ensure(path: made))
    directory = try stored(try parent.ensureSubdirectory(Self.name(canonical)))
    lock = try Archive.takeLock(in: directory)
    if try Self.text.read("source", in: directory) == nil {
      try Self.text.write([PercentEscape.word(canonical)], to: "source", in: directory)
    }
  }

  /// The directory with the state for some mail, not locked; nil where there is none.
  ///
  /// - Throws: `system`.
  package static func existing(of path: String, in base: String) throws(StoreError) -> Directory? {
    let canonical = try stored(try CanonicalPath.of(path))
    guard let parent = try storedIfPresent(try Directory.open(path: base)) else { return nil }
    return try storedIfPresent(try parent.openSubdirectory(name(canonical)))
  }

  private static func name(_ canonical: String) -> String {
    MailboxKey(value: SHA256.digest(of: Array(canonical.utf8).span).prefix).hex
  }
}
