import Mail

extension ResponseScanner {
  /// Reads `(flag …)`; `newKeywords` where `\*` is among them (RFC 9051, section 7.1).
  mutating func flagList() throws(ParseFailure) -> (flags: Flags, newKeywords: Bool) {
    var flags = Flags()
    var newKeywords = false
    try openList()
    while !closeList() {
      let name = try atom()
      if let known = systemFlag(name) {
        flags.system.insert(known)
      } else if bytes.matches(name, "\\*") {
        newKeywords = true
      } else {
        flags.insert(imap: bytes.text(name))
      }
    }
    return (flags, newKeywords)
  }

  /// The common flags without making a string of each.
  private func systemFlag(_ name: Range<Int>) -> SystemFlags? {
    if bytes.matches(name, "\\SEEN") { return .seen }
    if bytes.matches(name, "\\ANSWERED") { return .answered }
    if bytes.matches(name, "\\FLAGGED") { return .flagged }
    if bytes.matches(name, "\\DELETED") { return .deleted }
    return bytes.matches(name, "\\DRAFT") ? .draft : nil
  }

  /// Reads `(id)` or NIL (RFC 8474, section 4).
  mutating func objectID() throws(ParseFailure) -> String? {
    if skip(UInt8(ascii: "(")) {
      skipSpaces()
      let id = bytes.text(try atom())
      guard closeList() else { throw .malformed }
      return id
    }
    guard bytes.matches(try atom(), "NIL") else { throw .malformed }
    return nil
  }

  /// Reads `1:4,7` in the order given; no `*`, no zero (RFC 9051, section 9: `uid-set`).
  mutating func uidRanges() throws(ParseFailure) -> [ClosedRange<UInt32>] {
    var ranges: [ClosedRange<UInt32>] = []
    repeat {
      let first = try number32()
      let last = skip(UInt8(ascii: ":")) ? try number32() : first
      guard first > 0, last > 0 else { throw .malformed }
      ranges.append(min(first, last)...max(first, last))
    } while skip(UInt8(ascii: ","))
    return ranges
  }

  /// Reads the separator of a hierarchy: one quoted character or NIL.
  mutating func separator() throws(ParseFailure) -> UInt8? {
    guard let bytes = try nilOrBytes(), !bytes.isEmpty else { return nil }
    guard bytes.count == 1 else { throw .malformed }
    return bytes[0]
  }
}
