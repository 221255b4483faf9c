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
  /// What letters and keyword files say.
  package let flags: Flags
  /// Where mailarc fetched it; nil in files that came otherwise.
  package let origin: MessageOrigin?
  // There is one of these for each message of a mailbox at a time: what may be missing is kept
  // without a flag of its own.
  private let dateSeconds: Int64
  private let sizeOfName: Int64
  private let wireSizeOfName: Int64
  private let numberOfName: UInt64
  private let scannedSize: Int64
  private let scannedWireSize: Int64
  private let baseEnd: Int32
  private let isScannedWireForm: Bool

  init(
    _ name: MaildirName, in place: Place, flags: Flags, scanned: ScannedContent? = nil
  ) {
    self.name = name.bytes
    self.place = place
    self.flags = flags
    origin = name.origin
    dateSeconds = name.date?.epochSeconds ?? .min
    sizeOfName = name.size ?? -1
    wireSizeOfName = name.wireSize ?? -1
    numberOfName = name.number ?? .max
    scannedSize = scanned?.size ?? -1
    scannedWireSize = scanned?.wireSize ?? -1
    isScannedWireForm = scanned?.isWireForm ?? false
    baseEnd = Int32(clamping: name.baseEnd)
  }

  /// What the scan saw of the content; nil where it read names only.
  package var scanned: ScannedContent? {
    scannedSize < 0
      ? nil
      : ScannedContent(
        size: scannedSize, wireSize: scannedWireSize, isWireForm: isScannedWireForm)
  }

  /// The internal date that a name of mailarc's holds; see `ReadableMailbox.internalDate(of:)`.
  package var namedDate: InternalDate? {
    dateSeconds == .min ? nil : InternalDate(epochSeconds: dateSeconds)
  }

  /// Bytes on disk, as the name says.
  package var namedSize: Int64? { sizeOfName < 0 ? nil : sizeOfName }

  /// Bytes of the wire form, as the name says.
  package var namedWireSize: Int64? { wireSizeOfName < 0 ? nil : wireSizeOfName }

  /// The part of the name that stays when flags change.
  package var baseName: ArraySlice<UInt8> { name[..<Int(baseEnd)] }

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
    case (nil, nil) where left.numberOfName != right.numberOfName:
      return left.numberOfName < right.numberOfName
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
