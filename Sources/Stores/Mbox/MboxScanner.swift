import Glibc
import Mail
import Platform

/// Looks at every line of an mbox file once, in the order of the file, and notes the places where
/// messages may begin (`MboxSplitter` decides which do).
///
/// It holds nothing of the file but what `candidates` and the lists beside it say.
struct MboxScanner {
  /// How long a line may be that is looked at as a whole; of longer ones only the beginning is.
  static let longLine = 1 << 18

  /// What was seen so far.
  private(set) var found = MboxFindings()
  /// The bytes that were taken.
  var offset: Int64 { found.offset }

  private var keywordIndex: [Set<Keyword>: UInt32] = [:]
  private let header = MboxHeaderReader()
  private var isInHeader = false
  private let longLine: Int
  private var longLineMark: QuotedLine?
  private var longLineIsHeader = false
  private var hasContent = false

  /// Makes one that is ready for the file's first bytes.
  ///
  /// - Parameter longLine: `MboxScanner.longLine`, or less in tests.
  init(longLine: Int) { self.longLine = longLine }

  /// Takes the next bytes of the file.
  ///
  /// - Parameters:
  ///   - window: the bytes from `offset` on.
  ///   - isLast: whether the file ends with them.
  /// - Returns: how many were taken; the others are to come again, with more behind them. At least one
  ///   is if there are `longLine` of them.
  mutating func take(_ window: UnsafeRawBufferPointer, isLast: Bool) -> Int {
    var position = 0
    if found.offset == 0, found.candidates.isEmpty {
      if window.count < 3, !isLast { return 0 }
      if window.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }
    let start = offset
    while position < window.count {
      if isInBody {
        position = takeBody(window, from: position)
        if position == window.count { break }
      }
      guard let lineFeed = Self.lineFeed(in: window, from: position) else {
        if isLast {
          takeLine(window, position..<window.count, at: start + Int64(position))
          position = window.count
        } else if window.count - position >= longLine {
          position = takePiece(window, from: position, at: start + Int64(position))
        }
        break
      }
      takeLine(window, position..<(lineFeed + 1), at: start + Int64(position))
      position = lineFeed + 1
    }
    found.offset = start + Int64(position)
    if isLast { endHeader(at: offset, emptyLine: 0) }
    return position
  }

  private static func lineFeed(in window: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let base = window.baseAddress,
      let found = memchr(base + start, 0x0A, window.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }

  private var isInBody: Bool { !isInHeader && longLineMark == nil && hasContent }

  /// Takes the lines up to the next one that has to be looked at; returns where that begins.
  private mutating func takeBody(_ window: UnsafeRawBufferPointer, from start: Int) -> Int {
    let lines = BodyLines(window, from: start)
    guard lines.end > start else { return start }
    found.counts.lineFeeds += Int64(lines.lineFeeds)
    found.counts.carriageReturns += Int64(lines.carriageReturns)
    found.blankLength = lines.blankLength
    return lines.end
  }

  private mutating func takeLine(
    _ window: UnsafeRawBufferPointer, _ range: Range<Int>, at place: Int64
  ) {
    let line = UnsafeRawBufferPointer(rebasing: window[range])
    takeSpecialLine(line, at: place)
    count(window, range)
  }

  private mutating func count(_ window: UnsafeRawBufferPointer, _ range: Range<Int>) {
    let end = range.upperBound - 1
    guard window[end] == 0x0A else {
      found.blankLength = 0
      return
    }
    found.counts.lineFeeds += 1
    if range.count == 1 {
      found.blankLength = longLineMark == nil ? 1 : 0
    } else if window[end - 1] == 0x0D {
      found.counts.carriageReturns += 1
      found.blankLength = range.count == 2 && longLineMark == nil ? 2 : 0
    } else {
      found.blankLength = 0
    }
    longLineMark = nil
  }

  // Header lines, lines that begin with F or >, ends of long lines, the first line, and a last one
  // that has no end.
  private mutating func takeSpecialLine(_ line: UnsafeRawBufferPointer, at place: Int64) {
    let first = line[0]
    if longLineMark != nil {
      endPiece(line)
      return
    }
    if !hasContent {
      if Self.isBlank(line) { return }
      hasContent = true
      if beginMessage(line, at: place, isFirst: true) { return }
      beginWithoutFromLine(at: place)
    }
    if first == UInt8(ascii: ">"), QuotedLine.matches(line) {
      defer { found.counts.quoted += 1 }
      _ = takeHeaderLine(line, at: place)
      return
    }
    if takeHeaderLine(line, at: place) { return }
    if first == UInt8(ascii: "F") { _ = beginMessage(line, at: place, isFirst: false) }
  }

  private static func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
    line.allSatisfy { $0 <= UInt8(ascii: " ") && $0 != 0 }
  }

  // MARK: Messages

  private mutating func beginMessage(
    _ line: UnsafeRawBufferPointer, at place: Int64, isFirst: Bool
  ) -> Bool {
    guard QuotedLine.isFrom(line, at: 0) else { return false }
    let hasBlank = isFirst || found.blankLength > 0
    var text = line
    while let last = text.last, last == .lineFeed || last == .carriageReturn {
      text = UnsafeRawBufferPointer(rebasing: text.dropLast())
    }
    guard text.count <= FromLine.limit, let from = FromLine(Array(text)[...]),
      from.strength == .strong || hasBlank
    else { return false }
    endHeader(at: place, emptyLine: 0)
    begin(
      line, at: place, hasBlankBefore: hasBlank, blankLength: isFirst ? 0 : found.blankLength, from)
    return true
  }

  private mutating func beginWithoutFromLine(at place: Int64) {
    begin(
      UnsafeRawBufferPointer(start: nil, count: 0), at: place, hasBlankBefore: true,
      blankLength: 0, nil)
  }

  private mutating func begin(
    _ line: UnsafeRawBufferPointer, at place: Int64, hasBlankBefore: Bool, blankLength: UInt8,
    _ from: FromLine?
  ) {
    let candidate = MboxCandidate(
      offset: place, before: found.counts, fromLine: line, blankLength: blankLength,
      hasBlankBefore: hasBlankBefore, from)
    header.begin(candidate, fromLine: line)
    isInHeader = true
  }

  /// Whether the line belongs to the header that is being read.
  private mutating func takeHeaderLine(
    _ line: UnsafeRawBufferPointer, at place: Int64
  ) -> Bool {
    guard isInHeader else { return false }
    switch header.take(line, at: place, counts: found.counts) {
    case .taken: return true
    case .empty:
      endHeader(at: place, emptyLine: Int64(line.count))
      return true
    case .behind:
      endHeader(at: place, emptyLine: 0)
      return false
    }
  }

  private mutating func endHeader(at end: Int64, emptyLine: Int64) {
    guard isInHeader else { return }
    isInHeader = false
    let flags = header.finish(at: end, counts: found.counts, emptyLine: emptyLine)
    var candidate = header.candidate
    // A line of a text, unless a header follows it.
    guard found.candidates.isEmpty || candidate.mayBegin else { return }
    candidate.firstOmission = UInt32(clamping: found.omissions.count)
    candidate.omissionCount = UInt32(clamping: header.omissions.count)
    found.omissions += header.omissions
    if let last = header.omissions.last { candidate.leastEnd = last.offset + last.length }
    if let mark = header.mark {
      candidate.isOurs = true
      candidate.hashOrMark = UInt64(found.marks.count)
      found.marks.append(mark)
    }
    candidate.system = flags.system
    candidate.keywords = index(of: flags.keywords)
    if found.uidValidity == nil { found.uidValidity = header.uidValidity }
    found.candidates.append(candidate)
  }

  private mutating func index(of keywords: Set<Keyword>) -> UInt32 {
    if keywords.isEmpty { return 0 }
    if let known = keywordIndex[keywords] { return known }
    let index = UInt32(clamping: found.keywordSets.count)
    found.keywordSets.append(keywords)
    keywordIndex[keywords] = index
    return index
  }

  // MARK: Long lines

  /// Takes the beginning or the middle of a line that is too long to be kept; returns where that ends.
  private mutating func takePiece(
    _ window: UnsafeRawBufferPointer, from start: Int, at place: Int64
  ) -> Int {
    // A CR stays with its LF.
    let end = window.last == .carriageReturn ? window.count - 1 : window.count
    let piece = UnsafeRawBufferPointer(rebasing: window[start..<end])
    if longLineMark == nil {
      hasContent = true
      if found.candidates.isEmpty, !isInHeader { beginWithoutFromLine(at: place) }
      longLineIsHeader = takeHeaderLine(piece, at: place)
      longLineMark = QuotedLine()
    } else if longLineIsHeader {
      header.extend(piece)
    }
    if longLineMark?.take(piece) == true { found.counts.quoted += 1 }
    return end
  }

  private mutating func endPiece(_ line: UnsafeRawBufferPointer) {
    if longLineIsHeader { header.extend(line) }
    if longLineMark?.take(line) == true { found.counts.quoted += 1 }
  }
}
