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
  private let present: [StoredMessage]
  /// Places in `present` by the hash of the name, which takes less room than the names.
  private var places: [Int: Int32] = [:]
  private var changes: [FlagChange] = []
  private var merged: [ConvertEvent] = []

  /// - Parameters:
  ///   - present: the messages of the archive's mailbox.
  ///   - target: that mailbox.
  ///   - journal: its journal.
  init(_ present: [StoredMessage], in target: any Mailbox, journal: ConvertJournal) {
    self.target = target
    self.journal = journal
    self.present = present
    places.reserveCapacity(present.count)
    for (place, message) in present.enumerated() {
      places[Self.hash(message.baseName)] = Int32(place)
    }
  }

  private static func hash(_ name: some Sequence<UInt8>) -> Int {
    var hasher = Hasher()
    for byte in name { hasher.combine(byte) }
    return hasher.finalize()
  }

  private func message(named name: String) -> StoredMessage? {
    guard let place = places[Self.hash(name.utf8)] else { return nil }
    let message = present[Int(place)]
    return message.baseName.elementsEqual(name.utf8) ? message : nil
  }

  /// Takes a message that was converted before, with the flags that the source has now.
  ///
  /// - Returns: whether it is still there.
  func add(_ converted: ConvertedMessage, flags: Flags) -> Bool {
    guard let message = message(named: converted.name) else { return false }
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
      var renamed = ConvertedMessage(
        name: known.name, digest: known.digest, sourceSize: try source.open(message).size ?? 0,
        source: message.convertSource ?? "", flags: known.flags)
      renamed.isDeleted = known.isDeleted
      if renamed != known {
        journal.write(.converted(renamed))
        if known.isDeleted { journal.write(.deleted(name: known.name)) }
      }
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
