package import Mail

/// One message file of a mailbox, as its name describes it.
///
/// What the name says of sizes may be wrong since somebody edited the file: it is a hint.
package struct StoredMessage: Hashable, Sendable {
  /// Where in the mailbox's directory the file is.
  package enum Subdirectory: String, Hashable, Sendable {
    case cur
    case new
  }

  /// The file's name; any bytes but NUL and slash.
  package let name: [UInt8]
  /// Whether it is in `cur` or in `new`.
  package let subdirectory: Subdirectory
  /// What letters and keyword files say.
  package let flags: Flags
  /// Where mailarc fetched it; nil in files that came otherwise.
  package let origin: MessageOrigin?
  /// The internal date that a name of mailarc's holds; see `MaildirMailbox.internalDate(of:)`.
  package let namedDate: InternalDate?
  /// Bytes on disk, as the name says.
  package let namedSize: Int64?
  /// Bytes of the wire form, as the name says.
  package let namedWireSize: Int64?
  private let baseEnd: Int

  init(_ name: MaildirName, in subdirectory: Subdirectory, flags: Flags) {
    self.name = name.bytes
    self.subdirectory = subdirectory
    self.flags = flags
    origin = name.origin
    namedDate = name.date
    namedSize = name.size
    namedWireSize = name.wireSize
    baseEnd = name.baseEnd
  }

  /// The part of the name that stays when flags change.
  package var baseName: ArraySlice<UInt8> { name[..<baseEnd] }

  /// Whether mailarc wrote the file, so that its line ends are LF and its name holds the date.
  package var isOurs: Bool { namedDate != nil }

  /// The name to show, with U+FFFD for what is not UTF-8; escape it for terminals.
  package var displayName: String { String(decoding: name, as: UTF8.self) }
}

extension StoredMessage: Comparable {
  /// Fetched messages in the order of their source, then all others by the number their names begin
  /// with, then by name.
  package static func < (left: Self, right: Self) -> Bool {
    switch (left.origin, right.origin) {
    case (let one?, let other?) where one != other: return one < other
    case (.some, nil): return true
    case (nil, .some): return false
    case (nil, nil) where left.leadingNumber != right.leadingNumber:
      return left.leadingNumber < right.leadingNumber
    default: break
    }
    if left.baseName != right.baseName {
      return left.baseName.lexicographicallyPrecedes(right.baseName)
    }
    if left.name != right.name { return left.name.lexicographicallyPrecedes(right.name) }
    return left.subdirectory.rawValue < right.subdirectory.rawValue
  }

  private var leadingNumber: Int64 {
    var scanner = ByteScanner(name[...])
    return namedDate?.epochSeconds ?? scanner.number() ?? .max
  }
}
