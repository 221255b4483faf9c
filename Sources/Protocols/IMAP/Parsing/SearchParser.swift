import Mail

/// Reads SEARCH, ESEARCH and VANISHED (RFC 9051, section 7.3; RFC 7162).
enum SearchParser {
  /// `* SEARCH 2 84 (MODSEQ 917162500)`.
  static func search(_ scanner: inout ResponseScanner) throws(ParseFailure) -> IMAPEvent {
    var numbers: [UInt32] = []
    var modSeq: ModificationSequence?
    scanner.skipSpaces()
    while !scanner.isAtEnd {
      if scanner.skip(UInt8(ascii: "(")) {
        guard scanner.bytes.matches(try scanner.atom(), "MODSEQ") else { throw .malformed }
        try scanner.expectSpaces()
        modSeq = ModificationSequence(try scanner.number())
        guard scanner.closeList() else { throw .malformed }
      } else {
        numbers.append(try scanner.number32())
        guard scanner.isAtEnd || scanner.next == UInt8(ascii: " ") else { throw .malformed }
      }
      scanner.skipSpaces()
    }
    return .search(numbers, modSeq: modSeq)
  }

  /// `* ESEARCH (TAG "A282") UID COUNT 17 ALL 4:18,21,28`.
  static func extended(
    _ scanner: inout ResponseScanner
  ) throws(ParseFailure) -> ExtendedSearchResult {
    var result = ExtendedSearchResult()
    scanner.skipSpaces()
    if scanner.skip(UInt8(ascii: "(")) {
      guard scanner.bytes.matches(try scanner.atom(), "TAG") else { throw .malformed }
      try scanner.expectSpaces()
      result.tag = String(decoding: try scanner.atomOrString(), as: UTF8.self)
      guard scanner.closeList() else { throw .malformed }
      scanner.skipSpaces()
    }
    while !scanner.isAtEnd {
      let name = scanner.bytes.uppercasedText(try scanner.atom())
      scanner.skipSpaces()
      switch name {
      case "UID": result.isUID = true
      case "MIN": result.min = try scanner.number32()
      case "MAX": result.max = try scanner.number32()
      case "COUNT": result.count = try scanner.number32()
      case "ALL": result.all = UIDSet(unsorted: try scanner.uidRanges())
      case "MODSEQ": result.modSeq = ModificationSequence(try scanner.number())
      default: try scanner.skipValue()
      }
      scanner.skipSpaces()
    }
    return result
  }

  /// `* VANISHED (EARLIER) 300:310,405`.
  static func vanished(_ scanner: inout ResponseScanner) throws(ParseFailure) -> IMAPEvent {
    try scanner.expectSpaces()
    var earlier = false
    if scanner.skip(UInt8(ascii: "(")) {
      guard scanner.bytes.matches(try scanner.atom(), "EARLIER"), scanner.closeList() else {
        throw .malformed
      }
      earlier = true
      scanner.skipSpaces()
    }
    let ranges = try scanner.uidRanges()
    scanner.skipSpaces()
    guard scanner.isAtEnd else { throw .malformed }
    return .vanished(earlier: earlier, UIDSet(unsorted: ranges))
  }
}
