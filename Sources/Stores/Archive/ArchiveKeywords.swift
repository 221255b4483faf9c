import Mail
import Platform
import Synchronization

/// The file `.mailarc/keywords`: the letters that an archive gives to keywords, the same in every
/// mailbox, so that a file moved by hand keeps its meaning.
///
/// A letter once given stays. Safe to use from several threads.
final class ArchiveKeywords: Sendable {
  static let fileName = "keywords"
  private static let text = StateText(kind: "mailarc keywords", version: 1, limit: 1 << 20)

  private let directory: Directory
  private let letters: Mutex<KeywordLetters>

  /// Reads the table; nil where there is none.
  init?(in state: Directory) throws(StoreError) {
    guard let lines = try Self.text.read(Self.fileName, in: state) else { return nil }
    directory = state
    letters = Mutex(KeywordLetters(lines: lines.map(\.utf8)))
  }

  /// The letters that can be read of a file that may be broken.
  ///
  /// - Throws: `newerFormat`, `system`.
  static func salvage(in state: Directory) throws(StoreError) -> KeywordLetters {
    KeywordLetters(lines: (try text.salvage(fileName, in: state) ?? []).map(\.utf8))
  }

  /// A table to begin with, which is not written yet.
  init(in state: Directory, startingWith letters: KeywordLetters) {
    directory = state
    self.letters = Mutex(letters)
  }

  /// Writes the table, flushed.
  func save() throws(StoreError) {
    try write(letters.withLock { $0 })
  }

  /// The letters given so far.
  var current: KeywordLetters { letters.withLock { $0 } }

  /// Gives letters to those keywords that have none and can have one, as far as letters last.
  ///
  /// When it returns, the table is on stable storage.
  func assign(_ keywords: [Keyword]) throws(StoreError) {
    try extend { letters in
      for keyword in keywords
      where KeywordLetters.canHold(keyword) && letters.index(of: keyword) == nil {
        guard let free = letters.names.firstIndex(of: nil) else { break }
        letters.set(free, keyword)
      }
    }
  }

  /// Takes over letters that a mailbox has and the archive has not given yet: another program gave
  /// them, and so they mean the same everywhere.
  ///
  /// When it returns, the table is on stable storage.
  func adopt(_ own: KeywordLetters) throws(StoreError) {
    try extend { $0.fill(from: own) }
  }

  // Locked while writing: no other thread may see a letter that is not safe yet.
  private func extend(_ change: (inout KeywordLetters) -> Void) throws(StoreError) {
    let outcome = letters.withLock { letters -> Result<Void, StoreError> in
      var extended = letters
      change(&extended)
      guard extended != letters else { return .success(()) }
      do throws(StoreError) {
        try write(extended)
      } catch {
        return .failure(error)
      }
      letters = extended
      return .success(())
    }
    try outcome.get()
  }

  private func write(_ letters: KeywordLetters) throws(StoreError) {
    try Self.text.write(letters.lines, to: Self.fileName, in: directory)
  }
}
