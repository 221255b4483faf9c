import Mail

/// The name of a file in `cur` or `new`, taken apart.
///
/// Ours are `EPOCH.V<UIDVALIDITY>U<UID>H<16 hex>.mailarc,S=<size>,W=<wire size>:2,FLAGS`, with
/// `N<number>` after the hexadecimal digits where a name was taken, or `EPOCH.R<16 hex>.mailarc…`
/// for a message that was not fetched: a number that ascends. All others are foreign and read leniently; see
/// `formats/maildir.md`.
struct MaildirName {
  let bytes: [UInt8]
  /// Where the base name ends: at `:2,`, or at the end.
  let baseEnd: Int
  /// The epoch of a name of ours.
  private(set) var date: InternalDate?
  private(set) var origin: MessageOrigin?
  /// The number of a message of ours that was not fetched.
  private(set) var number: UInt64?
  /// What the name says of the size on disk.
  private(set) var size: Int64?
  /// What the name says of the size of the wire form.
  private(set) var wireSize: Int64?

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    baseEnd = Self.infoMark(in: bytes) ?? bytes.count
    var scanner = ByteScanner(bytes[..<baseEnd])
    if let epoch = scanner.signedNumber(), scanner.take("."), readUnique(&scanner),
      scanner.take(".mailarc"), scanner.isAtEnd || scanner.peek == UInt8(ascii: ",")
    {
      date = InternalDate(epochSeconds: epoch)
    } else {
      origin = nil
      number = nil
    }
    size = Self.field(UInt8(ascii: "S"), in: bytes[..<baseEnd])
    wireSize = Self.field(UInt8(ascii: "W"), in: bytes[..<baseEnd])
  }

  private mutating func readUnique(_ scanner: inout ByteScanner) -> Bool {
    if scanner.take("R") {
      number = scanner.hexadecimal16()
      return number != nil && Self.readDuplicate(&scanner)
    }
    guard scanner.take("V"), let validity = scanner.number().flatMap({ UInt32(exactly: $0) }),
      scanner.take("U"), let uid = scanner.number().flatMap({ UInt32(exactly: $0) }),
      let uid = UID(uid), scanner.take("H"), let key = scanner.hexadecimal16()
    else { return false }
    guard Self.readDuplicate(&scanner) else { return false }
    origin = MessageOrigin(
      uidValidity: UIDValidity(validity), uid: uid, mailboxKey: MailboxKey(value: key))
    return true
  }

  private static func readDuplicate(_ scanner: inout ByteScanner) -> Bool {
    !scanner.take("N") || scanner.number() != nil
  }

  private static func infoMark(in bytes: [UInt8]) -> Int? {
    var index = bytes.count - 3
    while index > 0 {
      if bytes[index] == UInt8(ascii: ":"), bytes[index + 1] == UInt8(ascii: "2"),
        bytes[index + 2] == UInt8(ascii: ",")
      {
        return index
      }
      index -= 1
    }
    return nil
  }

  /// The number after `,<letter>=`, as Dovecot and Courier write sizes too.
  private static func field(_ letter: UInt8, in base: ArraySlice<UInt8>) -> Int64? {
    var rest = base
    while let comma = rest.firstIndex(of: UInt8(ascii: ",")) {
      rest = rest[(comma + 1)...]
      guard rest.count > 2, rest[comma + 1] == letter, rest[comma + 2] == UInt8(ascii: "=") else {
        continue
      }
      var scanner = ByteScanner(rest.dropFirst(2))
      return scanner.number()
    }
    return nil
  }

  /// The name without flags; it stays when flags change.
  var base: ArraySlice<UInt8> { bytes[..<baseEnd] }

  /// The letters after `:2,`, up to a comma.
  var letters: ArraySlice<UInt8> {
    baseEnd + 3 <= bytes.count
      ? bytes[(baseEnd + 3)...].prefix { $0 != UInt8(ascii: ",") } : []
  }

  /// What follows the letters, beginning with its comma: nobody knows what it means, so it stays.
  var tail: ArraySlice<UInt8> { bytes[min(bytes.count, baseEnd + 3 + letters.count)...] }

  /// Whether mailarc made up the name.
  var isOurs: Bool { date != nil }

  /// The base name with a number that tells it from others; what was read from the name stays
  /// readable.
  func base(distinguishedBy number: Int) -> [UInt8] {
    var end = base.firstIndex(of: UInt8(ascii: ",")) ?? baseEnd
    guard isOurs else { return base[..<end] + Array("-\(number)".utf8) + base[end...] }
    end -= ".mailarc".utf8.count
    let behind = base[end...]
    // A number that is there already is the only thing in capitals behind the digits.
    if let mark = base[..<end].lastIndex(of: UInt8(ascii: "N")) { end = mark }
    return base[..<end] + Array("N\(number)".utf8) + behind
  }

  /// The base name of a message that mailarc delivers.
  ///
  /// - Parameters:
  ///   - date: the internal date.
  ///   - unique: what makes it unique: `originPart(_:)` or `numberPart(_:)`.
  ///   - duplicate: a number that tells names apart which would be equal; 0 is not written.
  ///   - size: bytes on disk.
  ///   - wireSize: bytes of the wire form.
  /// - Returns: the name without `:2,`.
  static func base(
    date: InternalDate, unique: [UInt8], duplicate: Int, size: Int64, wireSize: Int64
  ) -> [UInt8] {
    var name = Array(String(date.epochSeconds).utf8)
    name.reserveCapacity(96)
    name.append(UInt8(ascii: "."))
    name += unique
    if duplicate > 0 { name += Array("N\(duplicate)".utf8) }
    name += Array(".mailarc,S=\(size),W=\(wireSize)".utf8)
    return name
  }

  static func numberPart(_ number: UInt64) -> [UInt8] {
    Array("R\(MailboxKey(value: number).hex)".utf8)
  }

  static func originPart(_ origin: MessageOrigin) -> [UInt8] {
    Array("V\(origin.uidValidity)U\(origin.uid)H\(origin.mailboxKey.hex)".utf8)
  }
}

/// Reads numbers and words from the front of some bytes.
struct ByteScanner {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }
  var peek: UInt8? { rest.first }

  mutating func take(_ word: StaticString) -> Bool {
    let matches = word.withUTF8Buffer { rest.starts(with: $0) }
    if matches { rest = rest.dropFirst(word.utf8CodeUnitCount) }
    return matches
  }

  /// A decimal number without needless zeros.
  mutating func number() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
      if overflow || carry || (count > 0 && value == 0) { return nil }
      value = sum
      count += 1
      rest = rest.dropFirst()
    }
    return count > 0 ? value : nil
  }

  mutating func signedNumber() -> Int64? {
    guard take("-") else { return number() }
    guard let value = number(), value > 0 else { return nil }
    return -value
  }

  /// Sixteen lower-case hexadecimal digits.
  mutating func hexadecimal16() -> UInt64? {
    guard rest.count >= 16 else { return nil }
    var value: UInt64 = 0
    for digit in rest.prefix(16) {
      guard let nibble = Hexadecimal.value(of: digit),
        !(UInt8(ascii: "A")...UInt8(ascii: "F")).contains(digit)
      else { return nil }
      value = value << 4 | UInt64(nibble)
    }
    rest = rest.dropFirst(16)
    return value
  }
}
