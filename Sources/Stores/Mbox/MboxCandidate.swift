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
  /// What `length` says where there is no `Content-Length`.
  static let noLength: Int64 = -1
  /// What `length` says where it is no number, or there are two of them.
  static let unusableLength: Int64 = -2

  /// Where the From_ line begins.
  let offset: Int64
  /// What was counted before it.
  let before: MboxCounts
  /// Bytes of the From_ line; 0 where there is none.
  let fromLength: UInt32
  /// LFs in the From_ line.
  let fromLineFeeds: UInt8
  /// CRLFs in the From_ line.
  let fromCarriageReturns: UInt8
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
  /// The system flags.
  var system: SystemFlags = []
  /// Where the body begins: behind the empty line.
  var bodyOffset: Int64 = 0
  /// Where the last part of the header that is left out ends, or the header begins: the content can't
  /// end before.
  var leastEnd: Int64
  /// LFs in From_ line and header, up to `bodyOffset`.
  var headerLineFeeds: UInt32 = 0
  /// CRLFs in From_ line and header.
  var headerCarriageReturns: UInt32 = 0
  /// From the From_ line, or from the header; see `date`.
  var dateSeconds: Int64
  /// What `Content-Length` says, or that it says nothing.
  var length = noLength
  /// What `Lines` says, if it stands beside `Content-Length`; else negative.
  var lines: Int64 = -1
  /// The index of its keywords in the scan's table.
  var keywords: UInt32 = 0
  /// The index of its first omission in the scan's list.
  var firstOmission: UInt32 = 0
  /// How many omissions it has.
  var omissionCount: UInt32 = 0
  /// Whether mailarc wrote it.
  var isOurs = false
  /// Of a foreign message the hash that names it, of one of ours where its mark is in the scan's list.
  var hashOrMark: UInt64 = 0

  /// Makes one whose header is still to come.
  init(
    offset: Int64, before: MboxCounts, fromLine: UnsafeRawBufferPointer, blankLength: UInt8,
    hasBlankBefore: Bool, _ from: FromLine?
  ) {
    self.offset = offset
    self.before = before
    fromLength = UInt32(clamping: fromLine.count)
    let hasLineFeed = fromLine.last == 0x0A
    fromLineFeeds = hasLineFeed ? 1 : 0
    fromCarriageReturns =
      hasLineFeed && fromLine.count > 1 && fromLine[fromLine.count - 2] == 0x0D ? 1 : 0
    self.blankLength = blankLength
    self.hasBlankBefore = hasBlankBefore
    strength = from?.strength ?? .wordy
    provesQuoting = from?.provesReversibleQuoting ?? false
    dateSeconds = from?.date?.epochSeconds ?? .min
    leastEnd = offset + Int64(fromLine.count)
  }

  /// Where the header begins.
  var headerOffset: Int64 { offset + Int64(fromLength) }

  /// What was counted before the header.
  var beforeHeader: MboxCounts {
    MboxCounts(
      lineFeeds: before.lineFeeds + Int64(fromLineFeeds),
      carriageReturns: before.carriageReturns + Int64(fromCarriageReturns), quoted: before.quoted)
  }

  /// The date, if there is one.
  var date: InternalDate? {
    get { dateSeconds == .min ? nil : InternalDate(epochSeconds: dateSeconds) }
    set { dateSeconds = newValue?.epochSeconds ?? .min }
  }

  /// Whether a message may begin here, by what stands around the line.
  var mayBegin: Bool { hasField || (strength == .strong && hasBlankBefore) }

  /// Whether the line may as well be the last one of a text, with a sure From_ line right behind it.
  var isDoubtful: Bool { offset > 0 && strength < .known }

  /// Whether it can hardly be anything else, wherever it stands.
  var isSure: Bool { fromLength > 0 && (hasField || strength >= .known) }
}
