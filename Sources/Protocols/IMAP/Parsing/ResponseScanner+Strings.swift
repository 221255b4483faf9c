/// Where the bytes of a string stand in a response.
enum StringToken {
  /// As they are.
  case plain(Range<Int>)

  /// With backslashes to be taken out.
  case escaped(Range<Int>)

  /// Not here: they were streamed.
  case streamed(size: UInt64)

  /// NIL in place of a string.
  case nilValue
}

extension ResponseScanner {
  /// Whether a quoted string or a literal comes next.
  var startsString: Bool {
    switch next {
    case UInt8(ascii: "\""), UInt8(ascii: "{"): true
    case UInt8(ascii: "~"):
      position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "{")
    default: false
    }
  }

  /// Reads a quoted string, a literal or a literal8.
  mutating func string() throws(ParseFailure) -> StringToken {
    if skip(UInt8(ascii: "\"")) { return try restOfQuoted() }
    _ = skip(UInt8(ascii: "~"))
    try expect(UInt8(ascii: "{"))
    let size = try number()
    _ = skip(UInt8(ascii: "+"))
    try expect(UInt8(ascii: "}"))
    _ = skip(13)
    try expect(10)
    if position == streamedOffset { return .streamed(size: size) }
    guard size <= UInt64(bytes.count - position) else { throw .malformed }
    let start = position
    position += Int(size)
    return .plain(start..<position)
  }

  /// Reads a string or NIL.
  mutating func nilOrString() throws(ParseFailure) -> StringToken {
    if startsString { return try string() }
    guard bytes.matches(try atom(), "NIL") else { throw .malformed }
    return .nilValue
  }

  /// Reads a string or an atom; an atom `NIL` is the three letters.
  mutating func atomOrString() throws(ParseFailure) -> [UInt8] {
    if startsString { return try copy(try string()) }
    return Array(bytes[try atom()])
  }

  /// Reads a string or NIL as bytes.
  mutating func nilOrBytes() throws(ParseFailure) -> [UInt8]? {
    switch try nilOrString() {
    case .nilValue: nil
    case let token: try copy(token)
    }
  }

  /// The bytes a token stands for, escapes taken out.
  ///
  /// A streamed string has none.
  func copy(_ token: StringToken) throws(ParseFailure) -> [UInt8] {
    switch token {
    case .plain(let range): return Array(bytes[range])
    case .escaped(let range):
      var result: [UInt8] = []
      result.reserveCapacity(range.count)
      var index = range.lowerBound
      while index < range.upperBound {
        if bytes[index] == UInt8(ascii: "\\"), index + 1 < range.upperBound { index += 1 }
        result.append(bytes[index])
        index += 1
      }
      return result
    case .streamed, .nilValue: throw .malformed
    }
  }

  private mutating func restOfQuoted() throws(ParseFailure) -> StringToken {
    let start = position
    var hasEscapes = false
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let range = start..<position
        position += 1
        return hasEscapes ? .escaped(range) : .plain(range)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        position += 2
      default: position += 1
      }
    }
    throw .malformed
  }
}
