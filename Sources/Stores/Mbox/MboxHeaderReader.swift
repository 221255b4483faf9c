import Mail
import Platform

/// Reads the header of one message after another, a line at a time.
final class MboxHeaderReader {
  /// What became of a line.
  enum Outcome {
    /// It belongs to the header.
    case taken
    /// It is the empty line that ends the header.
    case empty
    /// It is no line of the header, which ended before it.
    case behind
  }

  /// Filled as the lines come.
  private(set) var candidate: MboxCandidate
  /// What may have to be left out.
  private(set) var omissions: [MboxOmission] = []
  /// The mark of a message of ours, as long as only writers' fields follow it.
  private(set) var mark: MboxMark?
  private var fields = MboxFields()
  private var blockFields = MboxFields()
  private var blockStart: (offset: Int64, counts: MboxCounts)?
  private var fieldCount = 0
  private var regionEnded = false
  private var open: (name: MboxFieldName, index: Int)?
  private var openIsOmitted = false
  private var body: [UInt8] = []
  private var lengthIndex: Int?
  private var linesIndex: Int?
  private var lineCount: Int64 = -1
  private var hasPseudoSubject = false
  private var needsDate = false
  private var hasReceived = false
  private let hash = SHA256()

  /// The most bytes of a field's body that are looked at.
  private static let bodyLimit = 1 << 20

  init() {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    candidate = MboxCandidate(
      offset: 0, before: MboxCounts(), fromLine: nothing, blankLength: 0, hasBlankBefore: true, nil)
  }

  /// Begins with a candidate; `fromLine` is what its name begins with.
  func begin(_ candidate: MboxCandidate, fromLine: UnsafeRawBufferPointer) {
    self.candidate = candidate
    omissions.removeAll(keepingCapacity: true)
    forgetMark()
    fields = MboxFields()
    fieldCount = 0
    regionEnded = false
    open = nil
    openIsOmitted = false
    lengthIndex = nil
    linesIndex = nil
    lineCount = -1
    hasPseudoSubject = false
    needsDate = candidate.date == nil
    hasReceived = false
    hash.reset()
    hash.update(fromLine)
  }

  /// Takes a line with its line end, or the beginning of a very long one.
  ///
  /// - Parameters:
  ///   - line: the bytes.
  ///   - offset: where it stands in the file.
  ///   - counts: what was counted before it.
  /// - Returns: whether the line belongs to the header.
  func take(
    _ line: UnsafeRawBufferPointer, at offset: Int64, counts: MboxCounts
  ) -> Outcome {
    switch MboxLine(line) {
    case .empty:
      closeField()
      return .empty
    case .continuation where fieldCount > 0:
      extend(line)
      return .taken
    case .field(let nameLength, let colon):
      if !regionEnded, offset == candidate.headerOffset { candidate.hasField = true }
      closeField()
      begin(line, nameLength: nameLength, colon: colon, at: offset, counts: counts)
      fieldCount += 1
      return .taken
    case .continuation, .other:
      closeField()
      if !regionEnded {
        regionEnded = true
        if mark != nil { return .behind }
      }
      // Programs that quote From_ lines in headers, and those that put a second one there.
      let isFrom = line[0] == UInt8(ascii: ">") && QuotedLine.matches(line)
      let isSecond =
        offset == candidate.headerOffset && QuotedLine.isFrom(line, at: 0)
        && !(candidate.isDoubtful && isSure(line))
      guard isFrom || isSecond else { return .behind }
      hash.update(line)
      return .taken
    }
  }

  // Whether it is a From_ line with a whole date.
  private func isSure(_ line: UnsafeRawBufferPointer) -> Bool {
    var text = line[...]
    while let last = text.last, last == .lineFeed || last == .carriageReturn {
      text.removeLast()
    }
    return text.count <= FromLine.limit && FromLine(Array(text)[...])?.strength == .strong
  }

  /// Takes more of a line that is too long to come as a whole.
  func extend(_ bytes: UnsafeRawBufferPointer) {
    if open != nil {
      body.append(contentsOf: bytes.prefix(max(0, Self.bodyLimit - body.count)))
    }
    if openIsOmitted {
      omissions[omissions.count - 1].extend(by: bytes)
    } else {
      hash.update(bytes)
    }
  }

  private func begin(
    _ line: UnsafeRawBufferPointer, nameLength: Int, colon: Int, at offset: Int64,
    counts: MboxCounts
  ) {
    let name = MboxFieldName(UnsafeRawBufferPointer(rebasing: line[..<nameLength]))
    openIsOmitted = false
    guard let name else {
      forgetMark()
      hash.update(line)
      return
    }
    if name == .mailarc {
      mark = nil
      blockStart = (offset, counts)
      blockFields = MboxFields()
    } else if !name.isOfWriters {
      forgetMark()
    }
    open = (name, fieldCount)
    body.removeAll(keepingCapacity: true)
    body.append(contentsOf: line[(colon + 1)...].prefix(Self.bodyLimit))
    if name.isStatus || name.isLength || (name.isTakeout && fieldCount < 2) {
      openIsOmitted = true
      var omission = MboxOmission(
        offset: offset, length: 0, lineFeeds: 0, carriageReturns: 0,
        kind: name == .lines ? .lines : name == .contentLength ? .length : .always)
      omission.extend(by: line)
      omissions.append(omission)
    } else {
      hash.update(line)
    }
  }

  private func forgetMark() {
    mark = nil
    blockStart = nil
  }

  private func closeField() {
    guard let (name, index) = open else { return }
    open = nil
    while let last = body.last, last == .lineFeed || last == .carriageReturn {
      // A CR is no part of a mark that mailarc wrote.
      if name == .mailarc, last == .carriageReturn { break }
      body.removeLast()
    }
    switch name {
    case .mailarc:
      mark = regionEnded ? nil : MboxMark(body[...])
      if mark == nil { blockStart = nil }
    case .contentLength:
      lengthIndex = index
      candidate.length =
        candidate.length == MboxCandidate.noLength
        ? Self.length(body) : MboxCandidate.unusableLength
    case .lines:
      linesIndex = linesIndex == nil ? index : -2
      lineCount = Self.length(body)
    case .subject:
      hasPseudoSubject = body.drop { $0 == UInt8(ascii: " ") }.starts(with: Self.pseudoSubject)
    case .received where needsDate && !hasReceived:
      hasReceived = true
      let start = body.lastIndex(of: UInt8(ascii: ";")).map { $0 + 1 } ?? body.startIndex
      if let date = Self.date(body[start...]) { candidate.date = date }
    case .date where needsDate && candidate.date == nil:
      candidate.date = Self.date(body[...])
    default:
      // Labels further down are of somebody else's Takeout.
      if name.isTakeout, index >= 2 { return }
      fields.take(name, body, isOurs: false)
      if blockStart != nil { blockFields.take(name, body, isOurs: true) }
    }
  }

  /// Ends the header.
  ///
  /// - Parameters:
  ///   - end: where its last line ends.
  ///   - counts: what was counted up to there.
  ///   - emptyLine: the bytes of the empty line behind it; 0 if there is none.
  /// - Returns: what the fields say.
  func finish(at end: Int64, counts: MboxCounts, emptyLine: Int64) -> Flags {
    closeField()
    var behind = counts
    if emptyLine > 0 { behind.lineFeeds += 1 }
    if emptyLine > 1 { behind.carriageReturns += 1 }
    candidate.bodyOffset = end + emptyLine
    let inHeader = behind - candidate.before
    candidate.headerLineFeeds = UInt32(clamping: inHeader.lineFeeds)
    candidate.headerCarriageReturns = UInt32(clamping: inHeader.carriageReturns)
    candidate.hashOrMark = hash.finish().prefix
    if let mark, let start = blockStart {
      let stop = mark.addsBlank ? behind : counts
      let difference = stop - start.counts
      omissions = [
        MboxOmission(
          offset: start.offset,
          length: end - start.offset + (mark.addsBlank ? emptyLine : 0),
          lineFeeds: UInt32(clamping: difference.lineFeeds),
          carriageReturns: UInt32(clamping: difference.carriageReturns), kind: .always)
      ]
      candidate.length = MboxCandidate.noLength
      return blockFields.flags
    }
    mark = nil
    let isBeside = lengthIndex.map { abs($0 - (linesIndex ?? -2)) == 1 } ?? false
    candidate.lines = isBeside ? lineCount : -1
    // `Lines` that stands alone came with the message.
    if !isBeside { omissions.removeAll { $0.kind == .lines } }
    candidate.isPseudo = fields.hasBase && hasPseudoSubject
    candidate.hasKeeper = fields.hasBase || fields.uid != nil
    return fields.flags
  }

  /// The UIDVALIDITY that the header gives.
  var uidValidity: UIDValidity? { fields.uidValidity }

  private static let pseudoSubject = Array("DON'T DELETE THIS MESSAGE".utf8)

  private static func date(_ text: ArraySlice<UInt8>) -> InternalDate? {
    let words = text.split { $0 <= UInt8(ascii: " ") }
    return MboxDate(words, from: 0).map { InternalDate(epochSeconds: $0.epochSeconds) }
  }

  private static func length(_ body: [UInt8]) -> Int64 {
    let digits = body.drop { isSpace($0) }
    let end = digits.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? digits.startIndex
    var value: Int64 = 0
    guard !digits[..<end].isEmpty, end - digits.startIndex <= 18 else {
      return MboxCandidate.unusableLength
    }
    for digit in digits[..<end] {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else {
        return MboxCandidate.unusableLength
      }
      value = value * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    return value
  }

  private static func isSpace(_ byte: UInt8) -> Bool { MboxLine.isSpace(byte) }
}
