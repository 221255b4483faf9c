import Mail

/// Which keyword each of the letters `a` to `z` of a file name stands for, as in Dovecot's
/// `dovecot-keywords`: lines of a number from 0 and a name.
struct KeywordLetters: Equatable, Sendable {
  static let count = 26

  /// The keyword of each letter; nil where it is free.
  private(set) var names = [Keyword?](repeating: nil, count: count)

  init() {}

  /// Reads lines of a number and a name; what is no such line, or repeats a name or number, is
  /// passed over, as Dovecot does.
  init(lines: some Sequence<some Collection<UInt8>>) {
    for line in lines {
      var scanner = ByteScanner(Array(line)[...])
      guard let number = scanner.number().flatMap({ Int(exactly: $0) }), number < Self.count,
        scanner.take(" "), !scanner.isAtEnd
      else { continue }
      let name = line.drop { $0 != UInt8(ascii: " ") }.dropFirst()
      let keyword = Keyword(String(decoding: name, as: UTF8.self))
      if names[number] == nil, index(of: keyword) == nil { names[number] = keyword }
    }
  }

  func index(of keyword: Keyword) -> Int? { names.firstIndex { $0 == keyword } }

  mutating func set(_ index: Int, _ keyword: Keyword) { names[index] = keyword }

  /// Takes over the letters that are free here and whose keyword has none yet.
  mutating func fill(from other: KeywordLetters) {
    for (index, keyword) in other.names.enumerated() where names[index] == nil {
      if let keyword, Self.canHold(keyword), self.index(of: keyword) == nil {
        names[index] = keyword
      }
    }
  }

  /// A line for each letter that is taken.
  var lines: [String] {
    names.enumerated().compactMap { index, keyword in keyword.map { "\(index) \($0.name)" } }
  }

  /// Whether a keyword can stand in a line, and Dovecot can show it: an atom of RFC 9051 of at most
  /// 255 bytes.
  static func canHold(_ keyword: Keyword) -> Bool {
    (1...255).contains(keyword.name.utf8.count)
      && keyword.name.utf8.allSatisfy { (0x21...0x7E).contains($0) && !Self.specials.contains($0) }
  }

  private static let specials = Array("(){%*\"\\]".utf8)
}
