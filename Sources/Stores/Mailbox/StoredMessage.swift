package import Mail

/// What a scan that reads the messages themselves sees of one.
package struct ScannedContent: Hashable, Sendable {
  /// Bytes of the content in the form on disk.
  package let size: Int64
  /// Bytes of the wire form.
  package let wireSize: Int64
  /// Whether the content is in wire form already: there are line ends, and all are CRLF.
  package let isWireForm: Bool

  /// Makes it of its parts.
  package init(size: Int64, wireSize: Int64, isWireForm: Bool) {
    self.size = size
    self.wireSize = wireSize
    self.isWireForm = isWireForm
  }
}

/// One message of a mailbox, as its name describes it.
///
/// What the name says of sizes may be wrong since somebody edited the message: it is a hint.
package struct StoredMessage: Hashable, Sendable {
  /// Where in the mailbox the message is.
  package enum Place: Hashable, Sendable {
    /// A file in `cur`.
    case cur
    /// A file in `new`.
    case new
    /// A file in the mailbox's own directory.
    case file
    /// A part of an mbox file.
    case mbox(MboxEntry)

    /// The directory with the message's file, for paths: empty or ending in a slash.
    var directoryName: String {
      switch self {
      case .cur: "cur/"
      case .new: "new/"
      case .file, .mbox: ""
      }
    }
  }

  /// The file's name, or what stands for it in an mbox; any bytes but NUL and slash.
  package let name: [UInt8]
  /// Where it is.
  package let place: Place
  /// What the scan saw of the content; nil where it read names only.
  package let scanned: ScannedContent?
  /// What letters and keyword files say.
  package let flags: Flags
  /// Where mailarc fetched it; nil in files that came otherwise.
  package let origin: MessageOrigin?
  /// The internal date that a name of mailarc's holds; see `ReadableMailbox.internalDate(of:)`.
  package let namedDate: InternalDate?
  /// Bytes on disk, as the name says.
  package let namedSize: Int64?
  /// Bytes of the wire form, as the name says.
  package let namedWireSize: Int64?
  private let baseEnd: Int
  private let number: UInt64?

  init(
    _ name: MaildirName, in place: Place, flags: Flags, scanned: ScannedContent? = nil
  ) {
    self.name = name.bytes
    self.place = place
    self.scanned = scanned
    self.flags = flags
    origin = name.origin
    namedDate = name.date
    namedSize = name.size
    namedWireSize = name.wireSize
    baseEnd = name.baseEnd
    number = name.number
  }

  /// The part of the name that stays when flags change.
  package var baseName: ArraySlice<UInt8> { name[..<baseEnd] }

  /// Whether mailarc wrote the file, so that its line ends are LF and its name holds the date.
  package var isOurs: Bool { namedDate != nil }

  /// The name to show, with U+FFFD for what is not UTF-8; escape it for terminals.
  package var displayName: String { String(decoding: name, as: UTF8.self) }
}

extension StoredMessage: Comparable {
  /// Fetched messages in the order of their source, then those that mailarc took from files in the
  /// order in which it did, then all others: in an mbox in the order of the file, else by the number
  /// their names begin with, then by name.
  package static func < (left: Self, right: Self) -> Bool {
    switch (left.origin, right.origin) {
    case (let one?, let other?) where one != other: return one < other
    case (.some, nil): return true
    case (nil, .some): return false
    case (nil, nil) where left.number != right.number:
      return left.number ?? .max < right.number ?? .max
    case (nil, nil) where left.mboxOffset != right.mboxOffset:
      return left.mboxOffset < right.mboxOffset
    case (nil, nil) where left.leadingNumber != right.leadingNumber:
      return left.leadingNumber < right.leadingNumber
    default: break
    }
    if left.baseName != right.baseName {
      return left.baseName.lexicographicallyPrecedes(right.baseName)
    }
    if left.name != right.name { return left.name.lexicographicallyPrecedes(right.name) }
    return left.place.directoryName < right.place.directoryName
  }

  // Elsewhere than in an mbox all are alike.
  private var mboxOffset: Int64 {
    if case .mbox(let entry) = place { entry.offset } else { 0 }
  }

  private var leadingNumber: Int64 {
    var scanner = ByteScanner(name[...])
    return namedDate?.epochSeconds ?? scanner.number() ?? .max
  }
}
