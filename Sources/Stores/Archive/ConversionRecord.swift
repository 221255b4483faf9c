package import Mail
import Platform

/// What `.mailarc/convert/source` says of an archive that was made from other mail.
package struct ConversionRecord: Hashable, Sendable {
  /// What the mail was taken from.
  package enum Source: Hashable, Sendable {
    /// The archive with that id.
    case archive(id: String)
    /// What lies at that path, all links resolved.
    case path(String)
    /// It was lost; the next conversion says it.
    case unknown
  }

  /// What the mail was taken from.
  package var source: Source
  /// Whether a conversion came to its end, so that the archive may be used otherwise.
  package var isComplete: Bool
  /// Which parts of the source's state were carried over, each with what told it as it was then.
  package var carried: [String: ContentDigest]

  static let directoryName = "convert"
  static let fileName = "source"
  /// The file's path in `.mailarc`.
  static let path = directoryName + "/" + fileName
  private static let text = StateText(kind: "mailarc conversion", version: 1, limit: 1 << 20)

  init(source: Source) {
    self.source = source
    isComplete = false
    carried = [:]
  }

  /// Nil where the archive was not made from other mail.
  ///
  /// - Throws: `damaged`, `newerFormat`, `system`.
  init?(in state: Directory) throws(StoreError) {
    guard let directory = try storedIfPresent(try state.openSubdirectory(Self.directoryName)),
      let lines = try Self.text.read(Self.fileName, in: directory)
    else { return nil }
    let found = Lines(lines)
    guard let source = found.source, let isComplete = found.isComplete else {
      throw .damaged(
        file: directory.path(of: Self.fileName), reason: "it does not say what was converted")
    }
    self.source = source
    self.isComplete = isComplete
    carried = found.carried
  }

  /// What can be read of a file that may be broken or lost.
  ///
  /// Where it does not say whether the conversion came to its end, it counts as if it had: a later one
  /// then leaves alone what the archive has since recorded by itself.
  /// - Throws: `newerFormat`, `system`.
  init(salvagedFrom state: Directory) throws(StoreError) {
    let directory = try storedIfPresent(try state.openSubdirectory(Self.directoryName))
    let found = Lines(
      try directory.flatMap { directory throws(StoreError) in
        try Self.text.salvage(Self.fileName, in: directory)
      } ?? [])
    source = found.source ?? .unknown
    isComplete = found.isComplete ?? true
    carried = found.source == nil ? [:] : found.carried
  }

  /// Whether mail was converted into the archive, and nothing says any more what that was.
  ///
  /// - Throws: `system`.
  static func isLost(in state: Directory) throws(StoreError) -> Bool {
    guard let directory = try storedIfPresent(try state.openSubdirectory(directoryName)) else {
      return false
    }
    let entries = try stored(try directory.entries())
    return entries.contains { $0.name?.hasSuffix(".journal") == true }
      && !entries.contains { $0.name == fileName }
  }

  private struct Lines {
    var source: Source?
    var isComplete: Bool?
    var carried: [String: ContentDigest] = [:]

    init(_ lines: [String]) {
      for line in lines {
        let words = line.split(separator: " ").map { PercentEscape.decode($0.utf8) ?? "" }
        switch (words.first, words.count) {
        case ("archive", 2): source = .archive(id: words[1])
        case ("path", 2): source = .path(words[1])
        case ("unknown", 1): source = .unknown
        case ("complete", 2): isComplete = words[1] == "yes"
        case ("carried", 3): carried[words[1]] = ContentDigest(hex: words[2])
        default: break
        }
      }
    }
  }

  func write(in state: Directory) throws(StoreError) {
    var lines: [String] = []
    switch source {
    case .archive(let id): lines.append("archive \(PercentEscape.word(id))")
    case .path(let path): lines.append("path \(PercentEscape.word(path))")
    case .unknown: lines.append("unknown")
    }
    lines.append("complete \(isComplete ? "yes" : "no")")
    for (part, digest) in carried.sorted(by: { $0.key < $1.key }) {
      lines.append("carried \(PercentEscape.word(part)) \(digest)")
    }
    let directory = try stored(try state.ensureSubdirectory(Self.directoryName))
    try Self.text.write(lines, to: Self.fileName, in: directory)
  }
}
