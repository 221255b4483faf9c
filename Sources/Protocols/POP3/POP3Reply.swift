/// The line with which a server answers a command, or greets (RFC 1939, section 3).
package struct POP3Reply: Hashable, Sendable {
  /// How many octets of the text are kept.
  package static let textLimit = 1000

  /// Whether it is `+OK`, and not `-ERR`.
  package let isOK: Bool

  /// The code in brackets behind `-ERR`, if there is one.
  package let code: POP3ResponseCode?

  /// The text, octets that are not UTF-8 replaced.
  ///
  /// Not safe for a terminal.
  package let text: String

  package init(isOK: Bool, code: POP3ResponseCode?, text: String) {
    self.isOK = isOK
    self.code = code
    self.text = text
  }

  /// Reads a line without its end; nil if it is neither `+OK` nor `-ERR`.
  init?(_ line: some Collection<UInt8>) {
    var rest = line.dropFirst(0)
    func takes(_ word: StaticString) -> Bool {
      let count = word.utf8CodeUnitCount
      guard rest.count >= count else { return false }
      let letters = UnsafeBufferPointer(start: word.utf8Start, count: count)
      guard zip(rest, letters).allSatisfy({ $0.uppercased == $1 }) else { return false }
      rest = rest.dropFirst(count)
      return true
    }
    func skipSpaces() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }
    let isOK = takes("+OK")
    guard isOK || takes("-ERR") else { return nil }
    skipSpaces()
    var code: POP3ResponseCode?
    // The codes that there are explain refusals; a greeting may have an address in brackets.
    if !isOK, rest.first == UInt8(ascii: "["),
      let end = rest.prefix(Self.textLimit).firstIndex(of: UInt8(ascii: "]"))
    {
      code = POP3ResponseCode(
        String(decoding: rest[rest.startIndex..<end].dropFirst(), as: UTF8.self))
      rest = rest[end...].dropFirst()
      skipSpaces()
    }
    self.init(
      isOK: isOK, code: code, text: String(decoding: rest.prefix(Self.textLimit), as: UTF8.self))
  }
}

/// Why a server refuses (RFC 2449, section 8; RFC 3206).
package enum POP3ResponseCode: Hashable, Sendable {
  /// Another session has the mailbox; it will let go of it.
  case inUse
  /// The last login was too short a time ago.
  case loginDelay
  /// Something is wrong with the server that will pass.
  case sysTemp
  /// Something is wrong with the server that somebody has to mend.
  case sysPerm
  /// User name or password are wrong.
  case auth
  /// Any other code, in upper case.
  case other(String)

  /// Reads a code; a level below one that is known makes no difference (RFC 2449, section 8).
  init(_ text: String) {
    let levels = text.uppercased().split(separator: "/", omittingEmptySubsequences: false)
    switch levels.first {
    case "IN-USE": self = .inUse
    case "LOGIN-DELAY": self = .loginDelay
    case "AUTH": self = .auth
    case "SYS" where levels.dropFirst().first == "TEMP": self = .sysTemp
    case "SYS" where levels.dropFirst().first == "PERM": self = .sysPerm
    default: self = .other(text.uppercased())
    }
  }
}

/// How many messages there are, and how large they are together (RFC 1939, section 5: STAT).
package struct POP3Status: Hashable, Sendable {
  /// The number of messages, which is the number of the last one too.
  package let count: UInt32
  /// What the server takes for their octets.
  package let octets: UInt64

  package init(count: UInt32, octets: UInt64) {
    self.count = count
    self.octets = octets
  }

  /// Reads the answer to STAT; nil if it does not say how many messages there are.
  ///
  /// A size that can't be read counts as none: nothing depends on it.
  package init?(_ reply: POP3Reply) {
    let words = reply.text.utf8.split(separator: 0x20)
    guard reply.isOK, let first = words.first, let count = UInt32(digits: first) else {
      return nil
    }
    self.init(count: count, octets: words.dropFirst().first.flatMap { UInt64(digits: $0) } ?? 0)
  }
}

extension FixedWidthInteger {
  /// Reads a number of nothing but digits; nil if it is too large.
  init?(digits: some Collection<UInt8>) {
    guard !digits.isEmpty else { return nil }
    var value: Self = 0
    for digit in digits {
      guard digit.isDigit else { return nil }
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(Self(digit &- 0x30))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    self = value
  }
}
