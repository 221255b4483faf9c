import Mail

/// What the fields of one message's header that mbox writers add say of it.
///
/// Of a field that comes twice the last one counts: writers add theirs at the end.
struct MboxFields {
  private var status: SystemFlags = []
  private var xStatus: SystemFlags = []
  private var keywords: [Keyword] = []
  private var mozilla: UInt32 = 0
  private var mozilla2: UInt32 = 0
  private var mozillaKeywords: [Keyword] = []
  private var gmail: Flags?
  /// The UIDVALIDITY that `X-IMAP` or `X-IMAPbase` gives.
  private(set) var uidValidity: UIDValidity?
  /// What `X-UID` says.
  private(set) var uid: UID?
  /// Whether there was an `X-IMAP` or `X-IMAPbase`, as pseudo messages have.
  private(set) var hasBase = false

  /// Takes a field's body.
  ///
  /// - Parameters:
  ///   - name: which field.
  ///   - body: its body, unfolded or not.
  ///   - isOurs: whether mailarc wrote it, which escapes keywords that are no atoms.
  mutating func take(_ name: MboxFieldName, _ body: [UInt8], isOurs: Bool) {
    switch name {
    case .status: status = Self.letters(body, Self.statusLetters)
    case .xStatus: xStatus = Self.letters(body, Self.statusLetters)
    case .keywords: keywords = Self.words(body, isOurs: isOurs).map { Keyword($0) }
    case .mozillaKeys: mozillaKeywords = Self.words(body, isOurs: false).map { Keyword($0) }
    case .mozillaStatus: mozilla = Self.hexadecimal(body)
    case .mozillaStatus2: mozilla2 = Self.hexadecimal(body)
    case .gmailLabels: gmail = GmailLabels.flags(body)
    case .uid: uid = Self.firstNumber(body).flatMap { UID($0) }
    case .imap, .imapBase:
      hasBase = true
      uidValidity = Self.firstNumber(body).map { UIDValidity($0) }
    default: break
    }
  }

  /// All of it together.
  var flags: Flags {
    var flags = Flags(status.union(xStatus), keywords: Set(keywords))
    flags = flags.union(Flags(mozillaSystem, keywords: Set(mozillaKeywords + mozillaNamed)))
    return gmail.map { flags.union($0) } ?? flags
  }

  // `O` (old) and `N` say only whether the message was listed before. Programs disagree on the field,
  // so each letter counts in both.
  private static let statusLetters: [UInt8: SystemFlags] = [
    UInt8(ascii: "R"): .seen, UInt8(ascii: "r"): .seen,
    UInt8(ascii: "A"): .answered, UInt8(ascii: "a"): .answered,
    UInt8(ascii: "F"): .flagged, UInt8(ascii: "f"): .flagged,
    UInt8(ascii: "T"): .draft, UInt8(ascii: "t"): .draft,
    UInt8(ascii: "D"): .deleted, UInt8(ascii: "d"): .draft,
  ]

  private static func letters(_ body: [UInt8], _ known: [UInt8: SystemFlags]) -> SystemFlags {
    // A text is no set of letters: fields named Status exist for other purposes too.
    let word = body.filter { !isSpace($0) }
    guard word.count <= 8 else { return [] }
    return word.reduce(into: SystemFlags()) { $0.formUnion(known[$1] ?? []) }
  }

  private static func words(_ body: [UInt8], isOurs: Bool) -> [String] {
    body.split { isSpace($0) || (!isOurs && $0 == UInt8(ascii: ",")) }.map { word in
      PercentEscape.decode(word) ?? String(decoding: word, as: UTF8.self)
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == .lineFeed
      || byte == .carriageReturn
  }

  private static func hexadecimal(_ body: [UInt8]) -> UInt32 {
    let digits = body.filter { !isSpace($0) }
    guard digits.count <= 8 else { return 0 }
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0
  }

  private static func firstNumber(_ body: [UInt8]) -> UInt32? {
    body.split(whereSeparator: isSpace).first.flatMap {
      UInt32(String(decoding: $0, as: UTF8.self))
    }
  }

  // nsMsgMessageFlags. A message that is expunged is still in the file until it is compacted, and
  // Thunderbird hides it.
  private var mozillaSystem: SystemFlags {
    var system: SystemFlags = []
    if mozilla & 0x1 != 0 { system.insert(.seen) }
    if mozilla & 0x2 != 0 { system.insert(.answered) }
    if mozilla & 0x4 != 0 { system.insert(.flagged) }
    if mozilla & 0x8 != 0 || mozilla2 & 0x20_0000 != 0 { system.insert(.deleted) }
    return system
  }

  private var mozillaNamed: [Keyword] {
    var named: [Keyword] = []
    if mozilla & 0x1000 != 0 { named.append(Keyword("$Forwarded")) }
    if mozilla2 & 0x80_0000 != 0 { named.append(Keyword("$MDNSent")) }
    let label = mozilla2 >> 25 & 7
    if (1...5).contains(label) { named.append(Keyword("$label\(label)")) }
    return named
  }
}
