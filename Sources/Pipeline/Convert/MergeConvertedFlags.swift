import Journals
import Mail
import Stores

/// Brings flags that changed at the source since the last conversion into the archive: a three-way
/// merge, so that what was changed by hand there stays.
///
/// Confined to one worker.
final class MergeConvertedFlags {
  private let target: any Mailbox
  private let journal: ConvertJournal
  private var present: [String: StoredMessage]
  private var changes: [FlagChange] = []
  private var merged: [ConvertEvent] = []

  /// - Parameters:
  ///   - present: the messages of the archive's mailbox.
  ///   - target: that mailbox.
  ///   - journal: its journal.
  init(_ present: [StoredMessage], in target: any Mailbox, journal: ConvertJournal) {
    self.target = target
    self.journal = journal
    self.present = Dictionary(
      present.map { ($0.source, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Takes a message that was converted before, with the flags that the source has now.
  ///
  /// - Returns: whether it is still there.
  func add(_ converted: ConvertedMessage, flags: Flags) -> Bool {
    guard let message = present[converted.name] else { return false }
    if flags != converted.flags { merge(message, flags, base: converted.flags) }
    return true
  }

  private func merge(_ message: StoredMessage, _ flags: Flags, base: Flags?) {
    let both = Flags.merge(message.flags, flags, base: base)
    if both != message.flags { changes.append(FlagChange(message, both)) }
    merged.append(.flags(name: message.source, flags))
  }

  /// Takes a message that was recognised by its content, and records it.
  ///
  /// - Returns: whether it is still there.
  func adopt(
    _ entry: ConvertPool.Entry, _ message: StoredMessage, flags: Flags,
    in source: any ReadableMailbox
  ) throws -> Bool {
    switch entry {
    case .converted(let known):
      journal.write(
        .converted(
          ConvertedMessage(
            name: known.name, digest: known.digest, sourceSize: try source.open(message).size ?? 0,
            source: message.convertSource ?? "", flags: known.flags)))
      return add(known, flags: flags)
    case .found(let found, let digest):
      journal.write(
        .converted(
          ConvertedMessage(
            name: found.source, digest: digest, sourceSize: try source.open(message).size ?? 0,
            source: message.convertSource ?? "", flags: flags)))
      if flags != found.flags { merge(found, flags, base: nil) }
      return true
    }
  }

  /// Makes the changes, and then records them.
  ///
  /// - Returns: how many messages have other flags now.
  func run() throws -> Int {
    if !changes.isEmpty {
      _ = try target.setFlags(changes)
      try target.flush()
    }
    for event in merged { journal.write(event) }
    try journal.flush()
    return changes.count
  }
}
