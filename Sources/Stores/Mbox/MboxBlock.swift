import Mail

/// The lines that mailarc adds to a message in an mbox: the From_ line before it, and a block of fields
/// at the end of its header; `formats/mbox.md` has the grammar.
enum MboxBlock {
  /// The fields that hold flags, in the order in which they are written.
  private enum Field: String, CaseIterable {
    case status = "Status"
    case xStatus = "X-Status"
    case keywords = "X-Keywords"

    /// The least bytes that a value takes, so that others fit into its place later.
    var width: Int {
      switch self {
      case .status: 2
      case .xStatus: 4
      case .keywords: 40
      }
    }

    func value(_ flags: Flags) -> [UInt8] {
      switch self {
      case .status: Array((flags.system.contains(.seen) ? "RO" : "O").utf8)
      case .xStatus:
        MboxBlock.letters.filter { flags.system.contains($0.flag) }.map(\.letter)
      case .keywords:
        // Some programs part keywords by commas.
        Array(
          flags.keywords.sorted().map {
            PercentEscape.word($0.name).replacing(",", with: "%2C")
          }.joined(separator: " ").utf8)
      }
    }

    func padded(_ flags: Flags, to least: Int) -> [UInt8] {
      let value = value(flags)
      return value + [UInt8](repeating: UInt8(ascii: " "), count: max(0, least - value.count))
    }
  }

  private static let letters: [(flag: SystemFlags, letter: UInt8)] = [
    (.answered, UInt8(ascii: "A")), (.flagged, UInt8(ascii: "F")), (.draft, UInt8(ascii: "T")),
    (.deleted, UInt8(ascii: "D")),
  ]

  /// The From_ line of a message, with its LF.
  static func fromLine(_ date: InternalDate) -> [UInt8] {
    Array("From MAILER-DAEMON \(asctime(date))\n".utf8)
  }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The date as C's `asctime` writes it, in UTC; one that has no year of four digits is written as the
  /// beginning of 1970: the exact one is the epoch in the base name.
  static func asctime(_ date: InternalDate) -> String {
    let date = shown(date)
    let parts = date.calendar
    var days = Int(date.epochSeconds / 86_400)
    if date.epochSeconds % 86_400 < 0 { days -= 1 }
    // The first of January 1970 was a Thursday.
    let weekday = weekdays[((days + 4) % 7 + 7) % 7]
    let day = (parts.day < 10 ? " " : "") + String(parts.day)
    let time = [parts.hour, parts.minute, parts.second].map { ($0 < 10 ? "0" : "") + String($0) }
    return
      "\(weekday) \(months[parts.month - 1]) \(day) \(time.joined(separator: ":")) \(parts.year)"
  }

  /// The date that the From_ line has.
  static func shown(_ date: InternalDate) -> InternalDate {
    (1000...9999).contains(date.calendar.year) ? date : InternalDate(epochSeconds: 0)
  }

  /// The block, with the empty line that the mark speaks of.
  static func block(_ mark: MboxMark, flags: Flags) -> [UInt8] {
    Array("\(MboxMark.fieldName): ".utf8) + mark.body + [.lineFeed] + fields(flags)
      + (mark.addsBlank ? [.lineFeed] : [])
  }

  /// The three fields that hold flags.
  static func fields(_ flags: Flags) -> [UInt8] {
    Field.allCases.flatMap { field in
      Array("\(field.rawValue): ".utf8) + field.padded(flags, to: field.width) + [.lineFeed]
    }
  }

  /// Header lines with new flags in their place; nil if the fields are not there once each, or one has
  /// too little room.
  ///
  /// - Parameters:
  ///   - lines: the lines, the last one with its LF.
  ///   - flags: the new flags.
  /// - Returns: as many bytes as there are.
  static func replacing(_ lines: [UInt8], _ flags: Flags) -> [UInt8]? {
    var replaced: [UInt8] = []
    replaced.reserveCapacity(lines.count)
    var missing = Set(Field.allCases)
    var start = 0
    while start < lines.count {
      let end = (lines[start...].firstIndex(of: .lineFeed) ?? lines.count - 1) + 1
      let line = lines[start..<end]
      start = end
      guard let field = field(of: line) else {
        replaced += line
        continue
      }
      let label = Array("\(field.rawValue): ".utf8)
      let room = line.count - label.count - 1
      let value = field.padded(flags, to: room)
      let isFolded = end < lines.count && isSpace(lines[end])
      guard missing.remove(field) != nil, line.starts(with: label), line.last == .lineFeed,
        !isFolded,
        value.count == room, !line.contains(.carriageReturn)
      else { return nil }
      replaced += label + value + [.lineFeed]
    }
    return missing.isEmpty ? replaced : nil
  }

  /// Header lines without the fields that hold flags, and without those of other programs.
  static func removingFlags(_ lines: [UInt8]) -> [UInt8] {
    var kept: [UInt8] = []
    var start = 0
    var fields = 0
    var isRemoving = false
    while start < lines.count {
      let end = (lines[start...].firstIndex(of: .lineFeed) ?? lines.count - 1) + 1
      let line = lines[start..<end]
      start = end
      if line.first.map(isSpace) != true {
        // Takeout puts its field on top; further down it is of somebody else's Takeout.
        let isTakeout = fields < 2 && isField("X-Gmail-Labels", line)
        isRemoving = field(of: line) != nil || isOthersFlags(line) || isTakeout
        fields += 1
      }
      if !isRemoving { kept += line }
    }
    return kept
  }

  /// How many bytes the lines have that hold flags in the way that mailarc writes.
  static func fieldsLength(_ lines: [UInt8]) -> Int {
    var length = 0
    var start = 0
    while start < lines.count {
      let end = (lines[start...].firstIndex(of: .lineFeed) ?? lines.count - 1) + 1
      if field(of: lines[start..<end]) != nil { length += end - start }
      start = end
    }
    return length
  }

  private static func field(of line: ArraySlice<UInt8>) -> Field? {
    Field.allCases.first { isField($0.rawValue, line) }
  }

  private static func isOthersFlags(_ line: ArraySlice<UInt8>) -> Bool {
    ["X-Mozilla-Status", "X-Mozilla-Status2", "X-Mozilla-Keys"].contains {
      isField($0, line)
    }
  }

  private static func isField(_ name: String, _ line: ArraySlice<UInt8>) -> Bool {
    guard line.count > name.utf8.count,
      zip(line, name.utf8).allSatisfy({ $0 == $1 || ($0 ^ $1 == 0x20 && $1 | 0x20 >= 0x61) })
    else { return false }
    let behind = line.dropFirst(name.utf8.count).drop(while: isSpace)
    return behind.first == UInt8(ascii: ":")
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}
