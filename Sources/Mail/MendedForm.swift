/// Turns the wire form of a message into that of a mended copy, a chunk at a time, and counts what there
/// is to be mended.
///
/// It takes two passes: only the end of the header shows whether there is any field in it. The memory it
/// takes does not depend on the message's size.
package struct MendedForm: Sendable {
  /// The field that holds what was no field.
  package static let fieldName = "X-Mailarc-Mended"

  private static let prefix = Array((fieldName + ": ").utf8)
  /// What takes the place of NUL, as Dovecot has it.
  private static let inPlaceOfNUL: UInt8 = 0x80
  /// A line that begins with more octets than this and still has no colon is no field.
  private static let longestName = 998

  private enum Place {
    case lineStart
    /// Octets that may be a field's name are held back in `start`.
    case name
    /// So are they, with blanks behind the name.
    case blanks
    /// Nothing more has to be known of the line.
    case decided
    case body
  }

  private let mends: Set<Mend>
  private var place = Place.lineStart
  private var start: [UInt8] = []
  private var nameLength = 0
  private var pendingCR = false
  private var isEmpty = true
  private var hasField = false
  private var putsEmptyLine: Bool

  /// How often something was found that can be mended, whether it was mended or not.
  package private(set) var found: [Mend: Int] = [:]

  /// What was mended, and how often.
  package var mended: [Mend: Int] { found.filter { mends.contains($0.key) } }

  /// Whether the header has lines, and none of them is a field; known at the message's end.
  package var lacksHeader: Bool { found[.headerLine] != nil && !hasField }

  /// - Parameters:
  ///   - mends: what is to be mended.
  ///   - lacksHeader: what a first pass with these mends found.
  package init(_ mends: Set<Mend>, lacksHeader: Bool) {
    self.mends = mends
    putsEmptyLine = lacksHeader && mends.contains(.noHeader)
  }

  /// Takes the next octets of the message and returns what the copy gains by them.
  package mutating func convert(_ chunk: UnsafeRawBufferPointer) -> [UInt8] {
    var output: [UInt8] = []
    guard !chunk.isEmpty else { return output }
    output.reserveCapacity(chunk.count + 64)
    if putsEmptyLine {
      putsEmptyLine = false
      count(.noHeader)
      output += [.carriageReturn, .lineFeed]
      place = .body
    }
    for byte in chunk { take(byte, &output) }
    return output
  }

  /// Ends the message; returns what is left of the copy.
  package mutating func finish() -> [UInt8] {
    var output: [UInt8] = []
    if pendingCR { bareCR(&output) }
    if isEmpty {
      count(.empty)
      if mends.contains(.empty) { output += Self.prefix + Array("empty\r\n\r\n".utf8) }
      return output
    }
    guard place != .body, place != .lineStart else { return output }
    if place != .decided { noField(&output) }
    count(.headerEnd)
    if mends.contains(.headerEnd) { output += [.carriageReturn, .lineFeed] }
    place = .lineStart
    return output
  }

  // MARK: Octets

  private mutating func take(_ byte: UInt8, _ output: inout [UInt8]) {
    if pendingCR, byte != .lineFeed { bareCR(&output) }
    switch byte {
    case .carriageReturn: pendingCR = true
    case .lineFeed:
      isEmpty = false
      endLine(&output)
      if pendingCR { output.append(.carriageReturn) }
      output.append(.lineFeed)
      pendingCR = false
    case 0:
      let mend: Mend = place == .body ? .bodyNUL : .headerNUL
      count(mend)
      text(mends.contains(mend) ? Self.inPlaceOfNUL : 0, &output)
    default: text(byte, &output)
    }
  }

  private mutating func bareCR(_ output: inout [UInt8]) {
    pendingCR = false
    count(.bareCR)
    if !mends.contains(.bareCR) { text(.carriageReturn, &output) }
  }

  private mutating func count(_ mend: Mend) { found[mend, default: 0] += 1 }

  // MARK: Lines of the header

  private mutating func text(_ byte: UInt8, _ output: inout [UInt8]) {
    isEmpty = false
    switch place {
    case .body, .decided: output.append(byte)
    case .lineStart where Self.isBlank(byte):
      // More of the line before.
      place = .decided
      output.append(byte)
    case .lineStart:
      place = .name
      nameLength = 0
      hold(byte, &output)
    case .name, .blanks: hold(byte, &output)
    }
  }

  private mutating func hold(_ byte: UInt8, _ output: inout [UInt8]) {
    let isColon = byte == UInt8(ascii: ":")
    if isColon, nameLength > 0 { return field(&output) }
    start.append(byte)
    if place == .name, byte > 0x20, byte != 0x7F, !isColon {
      nameLength += 1
    } else if Self.isBlank(byte), nameLength > 0 {
      place = .blanks
    } else {
      noField(&output)
    }
    if start.count > Self.longestName { noField(&output) }
  }

  private mutating func field(_ output: inout [UInt8]) {
    hasField = true
    if start.count > nameLength {
      count(.nameBlank)
      if mends.contains(.nameBlank) { start.removeSubrange(nameLength...) }
    }
    output += start
    output.append(UInt8(ascii: ":"))
    start = []
    place = .decided
  }

  private mutating func noField(_ output: inout [UInt8]) {
    guard place == .name || place == .blanks else { return }
    count(.headerLine)
    if mends.contains(.headerLine) { output += Self.prefix }
    output += start
    start = []
    place = .decided
  }

  private mutating func endLine(_ output: inout [UInt8]) {
    switch place {
    case .body: return
    case .lineStart: place = .body
    case .name, .blanks, .decided:
      noField(&output)
      place = .lineStart
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}
