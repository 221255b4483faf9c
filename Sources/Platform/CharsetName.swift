/// What a charset is called in mail, and what iconv calls it.
enum CharsetName {
  /// How text in a charset is read.
  enum Reading: Equatable {
    /// The name says nothing that could be relied on.
    case unknown
    case utf8
    /// By the converter of that name.
    case converter(String)
  }

  private static let lengthLimit = 40

  /// What to do with text in a charset of that name; nil for what can't be a charset's name.
  ///
  /// Many names are taken for a larger charset which mail programs use under them: what says
  /// ISO-8859-1 is windows-1252, GB 2312 is GB 18030.
  static func reading(of name: String) -> Reading? {
    let folded = name.lowercased().filter { $0 != "\"" && $0 != "'" }
    // A slash would be an instruction to iconv, and a name of a file to others.
    guard !folded.isEmpty, folded.utf8.count <= lengthLimit,
      folded.utf8.allSatisfy(isNameByte)
    else { return nil }
    let plain = folded.hasPrefix("x-") ? String(folded.dropFirst(2)) : folded
    for candidate in [folded, plain] {
      if let known = known[candidate] { return known }
    }
    if let part = isoPart(of: plain) { return iso[part] ?? .converter("ISO-8859-\(part)") }
    if let page = codePage(of: plain) { return pages[page] ?? .converter("CP\(page)") }
    return .converter(plain.replacing("_", with: "-").uppercased())
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "-_.:+() ".utf8.contains(byte)
    }
  }

  /// The number in `iso-8859-15`, `iso8859_15`, `iso_8859-15:1998`, `8859-15`.
  private static func isoPart(of name: String) -> Int? {
    var rest = name[...]
    if rest.hasPrefix("iso") { rest = rest.dropFirst(3) }
    rest = rest.drop { separators.contains($0) }
    guard rest.hasPrefix("8859") else { return nil }
    rest = rest.dropFirst(4).drop { separators.contains($0) }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    let behind = rest.dropFirst(digits.count)
    // Whether text runs from right to left is said behind some names.
    guard behind.isEmpty || behind.hasPrefix(":") || ["-i", "-e"].contains(behind) else {
      return nil
    }
    return Int(digits).flatMap { (1...16).contains($0) ? $0 : nil }
  }

  /// The number in `windows-1251`, `cp-850`, `ibm_437`, `win1250`, `ansi-1252`.
  private static func codePage(of name: String) -> Int? {
    let families = ["windows", "win", "cp", "ibm", "dos", "ms", "ansi", "msdos"]
    let family = name.prefix { $0.isLetter }
    guard families.contains(String(family)) else { return nil }
    let digits = name.dropFirst(family.count).drop { separators.contains($0) }
    guard (3...5).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
      return nil
    }
    return Int(digits)
  }

  private static let separators: Set<Character> = ["-", "_", " ", "."]

  private static let iso: [Int: Reading] = [
    1: .converter("CP1252"), 9: .converter("CP1254"), 11: .converter("CP874"),
  ]

  private static let pages: [Int: Reading] = [
    936: .converter("GB18030"), 20127: .unknown, 28591: .converter("CP1252"),
    50220: .converter("ISO-2022-JP-2"), 50221: .converter("ISO-2022-JP-2"),
    51932: .converter("EUC-JP-MS"), 51949: .converter("CP949"), 54936: .converter("GB18030"),
    65000: .converter("UTF-7"), 65001: .utf8,
  ]

  private static let known: [String: Reading] = {
    let groups: [(Reading, [String])] = [
      (
        .unknown,
        [
          "unknown", "x-unknown", "unknown-8bit", "8bit", "7bit", "binary", "user-defined",
          "default", "none", "us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us", "iso-ir-6", "646",
          "us", "default_charset", "default-charset", "iso-10646",
        ]
      ),
      (.utf8, ["utf-8", "utf8", "utf_8", "utf-8n", "utf8mb4", "unicode-1-1-utf-8", "utf"]),
      (
        .converter("UTF-7"), ["utf-7", "utf7", "unicode-1-1-utf-7", "unicode-2-0-utf-7"]
      ),
      (
        .converter("CP1252"),
        ["latin1", "latin-1", "l1", "iso-ir-100", "ansi", "iso-8859", "iso8859", "western"]
      ),
      (
        .converter("CP949"),
        [
          "ks_c_5601-1987", "ks_c_5601-1989", "ks_c_5601", "ks-c-5601-1987", "ksc5601",
          "ksc_5601", "ksc-5601", "euc-kr", "euckr", "euc_kr", "korean", "uhc", "iso-ir-149",
        ]
      ),
      (
        .converter("GB18030"),
        [
          "gb2312", "gb_2312-80", "gb_2312", "gb-2312", "gb2312-80", "gbk", "gb18030", "gb-18030",
          "chinese", "csgb2312", "euc-cn", "euccn", "cn-gb", "iso-ir-58", "gb2312_charset",
        ]
      ),
      (
        .converter("CP950"), ["big5", "big-5", "x-x-big5", "cn-big5", "csbig5", "big5-eten"]
      ),
      (
        .converter("CP932"),
        ["shift_jis", "shift-jis", "shiftjis", "sjis", "ms_kanji", "csshiftjis", "mskanji"]
      ),
      (
        .converter("EUC-JP-MS"), ["euc-jp", "eucjp", "euc", "euc_jp", "cseucpkdfmtjapanese"]
      ),
      (
        .converter("ISO-2022-JP-2"),
        ["iso-2022-jp", "iso2022jp", "csiso2022jp", "jis", "iso-2022-jp-ms", "iso-2022-jp-1"]
      ),
      (.converter("MACINTOSH"), ["macintosh", "mac-roman", "macroman", "mac", "apple"]),
      (.converter("MAC-CYRILLIC"), ["mac-cyrillic", "maccyrillic"]),
      (.converter("MAC-CENTRALEUROPE"), ["mac-ce", "macce", "mac-centraleurope"]),
      (.converter("CP874"), ["tis-620", "tis620", "thai"]),
      (.converter("KOI8-R"), ["koi8r", "koi8", "koi", "koi8-r"]),
      (.converter("KOI8-U"), ["koi8u", "koi8-u", "koi8-ru"]),
      (.converter("CP1255"), ["logical", "visual-hebrew", "hebrew"]),
    ]
    return groups.reduce(into: [:]) { table, group in
      for name in group.1 { table[name] = group.0 }
    }
  }()
}
