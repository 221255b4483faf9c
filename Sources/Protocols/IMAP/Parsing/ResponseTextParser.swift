import Mail

/// Reads what follows the word of a status response (RFC 9051, section 9: `resp-text`).
///
/// It never fails: a code that can't be read becomes `.other`, or part of the text.
enum ResponseTextParser {
  static func parse(_ scanner: inout ResponseScanner) -> ResponseText {
    scanner.skipSpaces()
    var code: ResponseCode?
    let start = scanner.position
    if scanner.skip(UInt8(ascii: "[")) {
      if let found = try? known(&scanner), scanner.skip(UInt8(ascii: "]")) {
        code = found
      } else {
        scanner.position = start + 1
        code = other(&scanner)
        if code == nil { scanner.position = start }
      }
      scanner.skipSpaces()
    }
    let rest = scanner.bytes[min(scanner.position, scanner.bytes.count)...]
    scanner.position = scanner.bytes.count
    return ResponseText(
      code: code, text: String(decoding: rest.prefix(ResponseText.textLimit), as: UTF8.self))
  }

  /// Reads capabilities up to the end or a closing bracket.
  static func capabilities(_ scanner: inout ResponseScanner) -> CapabilitySet {
    var found: [Capability] = []
    scanner.skipSpaces()
    while let name = try? scanner.codeAtom() {
      found.append(Capability(scanner.bytes.text(name)))
      scanner.skipSpaces()
    }
    return CapabilitySet(found)
  }

  /// Reads the code behind `[`, up to `]`.
  private static func known(
    _ scanner: inout ResponseScanner
  ) throws(ParseFailure) -> ResponseCode? {
    let name = scanner.bytes.uppercasedText(try scanner.codeAtom())
    if let code = bareCodes[name] {
      // BADCHARSET and others may carry arguments that nobody needs.
      while let byte = scanner.next, byte != UInt8(ascii: "]") {
        if byte == UInt8(ascii: " ") {
          scanner.skipSpaces()
        } else if byte == UInt8(ascii: "(") || byte == UInt8(ascii: "\"") {
          try scanner.skipValue()
        } else {
          _ = try scanner.codeAtom()
        }
      }
      return code
    }
    if name == "CAPABILITY" { return .capability(capabilities(&scanner)) }
    guard scanner.skip(UInt8(ascii: " ")) else { return nil }
    scanner.skipSpaces()
    switch name {
    case "PERMANENTFLAGS":
      let (flags, newKeywords) = try scanner.flagList()
      return .permanentFlags(flags, newKeywords: newKeywords)
    case "UIDNEXT": return UID(try scanner.number32()).map { .uidNext($0) }
    case "UIDVALIDITY": return .uidValidity(UIDValidity(try scanner.number32()))
    case "UNSEEN": return .unseen(try scanner.number32())
    case "HIGHESTMODSEQ": return .highestModSeq(ModificationSequence(try scanner.number()))
    case "MAILBOXID": return try scanner.objectID().map { .mailboxID($0) }
    case "MODIFIED": return .modified(UIDSet(unsorted: try scanner.uidRanges()))
    case "APPENDUID":
      let validity = UIDValidity(try scanner.number32())
      try scanner.expectSpaces()
      return .appendUID(validity, UIDList(ranges: try scanner.uidRanges()))
    case "COPYUID":
      let validity = UIDValidity(try scanner.number32())
      try scanner.expectSpaces()
      let source = UIDList(ranges: try scanner.uidRanges())
      try scanner.expectSpaces()
      let destination = UIDList(ranges: try scanner.uidRanges())
      return .copyUID(validity, source: source, destination: destination)
    default: return nil
    }
  }

  /// Reads a code of any name, up to the next `]`; nil where there is none.
  private static func other(_ scanner: inout ResponseScanner) -> ResponseCode? {
    let start = scanner.position
    guard let length = scanner.bytes[start...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
    guard let name = try? scanner.codeAtom(), name.upperBound <= length else { return nil }
    scanner.skipSpaces()
    let from = min(scanner.position, length)
    let arguments = scanner.bytes[from..<length].prefix(ResponseText.textLimit)
    scanner.position = length + 1
    return .other(
      name: scanner.bytes.uppercasedText(name.prefix(ResponseText.textLimit)),
      arguments: String(decoding: arguments, as: UTF8.self))
  }

  private static let bareCodes: [String: ResponseCode] = [
    "ALERT": .alert, "ALREADYEXISTS": .alreadyExists,
    "AUTHENTICATIONFAILED": .authenticationFailed, "AUTHORIZATIONFAILED": .authorizationFailed,
    "BADCHARSET": .badCharset, "CANNOT": .cannot, "CLIENTBUG": .clientBug, "CLOSED": .closed,
    "CONTACTADMIN": .contactAdmin, "EXPIRED": .expired, "INUSE": .inUse, "LIMIT": .limit,
    "NOMODSEQ": .noModSeq, "NONEXISTENT": .nonExistent, "NOPERM": .noPerm,
    "OVERQUOTA": .overQuota, "PRIVACYREQUIRED": .privacyRequired, "READ-ONLY": .readOnly,
    "READ-WRITE": .readWrite, "SERVERBUG": .serverBug, "THROTTLED": .throttled,
    "TOOBIG": .tooBig, "TRYCREATE": .tryCreate, "UIDNOTSTICKY": .uidNotSticky,
    "UNAVAILABLE": .unavailable, "UNKNOWN-CTE": .unknownCTE,
  ]
}
