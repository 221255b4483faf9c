import Mail

/// How many lines there were up to some place in a file.
struct MboxCounts: Equatable {
  /// All LFs.
  var lineFeeds: Int64 = 0
  /// LFs that follow a CR.
  var carriageReturns: Int64 = 0
  /// Lines such as `>From ` and `>>From `.
  var quoted: Int64 = 0

  static func - (left: Self, right: Self) -> Self {
    MboxCounts(
      lineFeeds: left.lineFeeds - right.lineFeeds,
      carriageReturns: left.carriageReturns - right.carriageReturns,
      quoted: left.quoted - right.quoted)
  }
}

/// A part of a header that may have to be left out.
struct MboxOmission {
  /// When it is left out.
  enum Kind: UInt8 {
    /// Always.
    case always
    /// `Content-Length`: where the file is one with lengths.
    case length
    /// `Lines`: likewise.
    case lines
  }

  let offset: Int64
  var length: Int64
  var lineFeeds: UInt32
  var carriageReturns: UInt32
  let kind: Kind

  /// Takes in more bytes, which don't begin between a CR and its LF.
  mutating func extend(by bytes: UnsafeRawBufferPointer) {
    length += Int64(bytes.count)
    guard bytes.last == .lineFeed else { return }
    lineFeeds += 1
    if bytes.count > 1, bytes[bytes.count - 2] == .carriageReturn { carriageReturns += 1 }
  }
}

/// A place where a message may begin, and what the scan saw there; small, since there is one for each
/// message of a file at a time.
struct MboxCandidate {
  /// What is said of `Content-Length`.
  enum Length: Equatable {
    case none
    /// One field with a number.
    case bytes(Int64)
    /// Something else, or two of them.
    case unusable
  }

  /// Where the From_ line begins.
  let offset: Int64
  /// What was counted before it.
  let before: MboxCounts
  /// Where the header begins; `offset` where there is no From_ line.
  let headerOffset: Int64
  /// What was counted before the header.
  let beforeHeader: MboxCounts
  /// Where the body begins: behind the empty line.
  var bodyOffset: Int64 = 0
  /// Where the last part of the header that is left out ends, or the header begins: the content can't
  /// end before.
  var leastEnd: Int64
  /// LFs in From_ line and header, up to `bodyOffset`.
  var headerLineFeeds: Int64 = 0
  /// CRLFs in From_ line and header.
  var headerCarriageReturns: Int64 = 0
  /// The bytes of the empty line before the From_ line; 0 if there is none.
  let blankLength: UInt8
  let strength: FromLine.Strength
  /// Whether mboxrd's quoting is certain.
  let provesQuoting: Bool
  /// Whether an empty line or nothing comes before.
  let hasBlankBefore: Bool
  /// Whether a field is the first line of the header.
  var hasField = false
  /// Whether it is a message of a program that keeps notes in the file.
  var isPseudo = false
  /// Whether the fields show a program that keeps `Content-Length` up to date.
  var hasKeeper = false
  /// From the From_ line, or from the header.
  var date: InternalDate?
  var length = Length.none
  /// What `Lines` says, if it stands beside `Content-Length`.
  var lines: Int64?
  /// The system flags.
  var system: SystemFlags = []
  /// The index of its keywords in the scan's table.
  var keywords: UInt32 = 0
  /// Its omissions in the scan's list.
  var omissions: Range<UInt32> = 0..<0
  /// Of a foreign message, the hash that names it.
  var hash: UInt64 = 0
  /// Of a message of ours, where its mark is in the scan's list.
  var mark: UInt32?

  init(
    offset: Int64, before: MboxCounts, headerOffset: Int64, beforeHeader: MboxCounts,
    blankLength: UInt8, strength: FromLine.Strength, provesQuoting: Bool, hasBlankBefore: Bool,
    date: InternalDate?
  ) {
    self.offset = offset
    self.before = before
    self.headerOffset = headerOffset
    leastEnd = headerOffset
    self.beforeHeader = beforeHeader
    self.blankLength = blankLength
    self.strength = strength
    self.provesQuoting = provesQuoting
    self.hasBlankBefore = hasBlankBefore
    self.date = date
  }

  /// Whether a message may begin here, by what stands around the line.
  var mayBegin: Bool {
    hasField || (strength == .strong && hasBlankBefore)
  }
}
