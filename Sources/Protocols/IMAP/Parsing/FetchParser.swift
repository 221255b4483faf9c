import Mail

/// Reads the items of a FETCH response, in any order (RFC 9051, section 7.5.2).
enum FetchParser {
  /// Reads `(item value …)` and the end of the response.
  static func parse(
    _ scanner: inout ResponseScanner, sequenceNumber: UInt32
  ) throws(ParseFailure) -> FetchResponse {
    var response = FetchResponse(sequenceNumber: sequenceNumber)
    try scanner.openList()
    while !scanner.closeList() { try item(&scanner, into: &response) }
    scanner.skipSpaces()
    guard scanner.isAtEnd, sequenceNumber > 0 else { throw .malformed }
    return response
  }

  /// Looks whether the literal announced at the end of `bytes` is the body of a message.
  ///
  /// - Returns: the items before it and `.streamed` for it; nil where it is no body.
  static func bodyAhead(
    _ bytes: UnsafeRawBufferPointer, depthLimit: Int
  ) -> FetchResponse? {
    var scanner = ResponseScanner(bytes, depthLimit: depthLimit, streamedOffset: bytes.count)
    do throws(ParseFailure) {
      try scanner.expect(UInt8(ascii: "*"))
      try scanner.expectSpaces()
      var response = FetchResponse(sequenceNumber: try scanner.number32())
      try scanner.expectSpaces()
      guard bytes.matches(try scanner.atom(), "FETCH") else { return nil }
      try scanner.openList()
      while !scanner.isAtEnd {
        guard !scanner.closeList() else { return nil }
        try item(&scanner, into: &response)
      }
      guard case .streamed = response.body else { return nil }
      return response
    } catch {
      return nil
    }
  }

  private static func item(
    _ scanner: inout ResponseScanner, into response: inout FetchResponse
  ) throws(ParseFailure) {
    scanner.skipSpaces()
    let name = try itemName(&scanner)
    let section = try section(&scanner)
    try scanner.expectSpaces()
    let bytes = scanner.bytes
    if let section {
      try sectionItem(&scanner, name: name, section: section, into: &response)
    } else if bytes.matches(name, "UID") {
      guard let uid = UID(try scanner.number32()) else { throw .malformed }
      response.uid = uid
    } else if bytes.matches(name, "FLAGS") {
      response.flags = try scanner.flagList().flags
    } else if bytes.matches(name, "INTERNALDATE") {
      try internalDate(&scanner, into: &response)
    } else if bytes.matches(name, "RFC822.SIZE") {
      response.size = try scanner.number()
    } else if bytes.matches(name, "MODSEQ") {
      try scanner.openList()
      response.modSeq = ModificationSequence(try scanner.number())
      guard scanner.closeList() else { throw .malformed }
    } else if bytes.matches(name, "EMAILID") {
      response.emailID = try scanner.objectID()
    } else if bytes.matches(name, "RFC822") {
      try body(&scanner, into: &response)
    } else if bytes.matches(name, "RFC822.HEADER") {
      response.headerFields = try scanner.nilOrBytes()
    } else {
      try scanner.skipValue()
    }
  }

  /// Reads the letters of an item's name, up to its section.
  private static func itemName(
    _ scanner: inout ResponseScanner
  ) throws(ParseFailure) -> Range<Int> {
    let start = scanner.position
    scan: while let byte = scanner.next {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: ")"): break scan
      default: scanner.position += 1
      }
    }
    guard scanner.position > start else { throw .malformed }
    return start..<scanner.position
  }

  /// What stands in the brackets behind a name; quoted names may hold brackets.
  ///
  /// A part of a body (`BODY[]<0>`) is given an impossible section, so that it is never taken for
  /// the whole.
  private static func section(
    _ scanner: inout ResponseScanner
  ) throws(ParseFailure) -> Range<Int>? {
    guard scanner.skip(UInt8(ascii: "[")) else { return nil }
    let start = scanner.position
    while let byte = scanner.next, byte != UInt8(ascii: "]") {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "{") {
        _ = try scanner.string()
      } else {
        scanner.position += 1
      }
    }
    let end = scanner.position
    try scanner.expect(UInt8(ascii: "]"))
    guard scanner.next == UInt8(ascii: "<") else { return start..<end }
    _ = try scanner.atom()
    return start..<scanner.position
  }

  private static func sectionItem(
    _ scanner: inout ResponseScanner, name: Range<Int>, section: Range<Int>,
    into response: inout FetchResponse
  ) throws(ParseFailure) {
    let bytes = scanner.bytes
    let isBody = bytes.matches(name, "BODY")
    if section.isEmpty, isBody || bytes.matches(name, "BINARY") {
      try body(&scanner, into: &response)
    } else if isBody, isHeader(bytes, section) {
      response.headerFields = try scanner.nilOrBytes()
    } else {
      try scanner.skipValue()
    }
  }

  private static func isHeader(_ bytes: UnsafeRawBufferPointer, _ section: Range<Int>) -> Bool {
    if bytes.matches(section, "HEADER") { return true }
    let prefix = section.prefix(13)
    return prefix.count == 13 && bytes.matches(prefix, "HEADER.FIELDS")
      && bytes[section.upperBound - 1] != UInt8(ascii: ">")
  }

  private static func body(
    _ scanner: inout ResponseScanner, into response: inout FetchResponse
  ) throws(ParseFailure) {
    let token = try scanner.nilOrString()
    guard case .none = response.body else { throw .malformed }
    switch token {
    case .nilValue: response.body = .nilValue
    case .streamed(let size): response.body = .streamed(size: size)
    case .plain, .escaped: response.body = .inline(try scanner.copy(token))
    }
  }

  private static func internalDate(
    _ scanner: inout ResponseScanner, into response: inout FetchResponse
  ) throws(ParseFailure) {
    let token = try scanner.nilOrString()
    if case .plain(let range) = token {
      response.internalDate = InternalDate(
        imap: UnsafeRawBufferPointer(rebasing: scanner.bytes[range]))
    }
    response.hasInvalidInternalDate = response.internalDate == nil
  }
}
