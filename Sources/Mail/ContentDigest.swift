/// The SHA-256 of a message's wire form: every line ends in CRLF, nothing else is touched.
package struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// A digest of 32 bytes; nil where there are more or fewer.
  package init?(bytes: [UInt8]) {
    // Not generic: this runs twice for each message of a pull.
    guard bytes.count == 32 else { return nil }
    words = bytes.withUnsafeBytes { bytes in
      func word(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
      return (word(0), word(8), word(16), word(24))
    }
  }

  /// Reads 64 hexadecimal digits; nil for anything else.
  package init?(hex: some StringProtocol) {
    guard let bytes = Hexadecimal.decode(hex) else { return nil }
    self.init(bytes: bytes)
  }

  /// The first eight bytes as a number, the first byte highest.
  package var prefix: UInt64 { words.0 }

  /// The 32 bytes.
  package var bytes: [UInt8] {
    [words.0, words.1, words.2, words.3].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
    }
  }

  package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

  /// 64 lower-case hexadecimal digits.
  package var description: String { Hexadecimal.encode(bytes) }
}

/// A hash of the fields by which a message is cheaply recognised on a server: Message-ID, Date, From
/// and Subject, unfolded.
///
/// It decides nothing without a Message-ID, and nothing alone: see section "Identity" of
/// `formats/archive.md`.
package struct HeaderKey: Hashable, Sendable, CustomStringConvertible {
  /// The first eight bytes of the SHA-256 of `HeaderFields.keyInput`.
  package let hash: UInt64
  /// Whether there was a Message-ID among the fields.
  package let hasMessageID: Bool

  package init(hash: UInt64, hasMessageID: Bool) {
    self.hash = hash
    self.hasMessageID = hasMessageID
  }

  /// A digest of `HeaderFields.keyInput` cut to a key.
  package init(digest: ContentDigest, hasMessageID: Bool) {
    self.hash = digest.prefix
    self.hasMessageID = hasMessageID
  }

  /// Reads what `description` wrote; nil for anything else.
  package init?(_ text: some StringProtocol) {
    guard let mark = text.utf8.first, mark == UInt8(ascii: "m") || mark == UInt8(ascii: "n"),
      text.utf8.count == 17, let hash = UInt64(text.dropFirst(), radix: 16)
    else { return nil }
    self.hash = hash
    hasMessageID = mark == UInt8(ascii: "m")
  }

  /// `m` where there is a Message-ID, else `n`; then sixteen hexadecimal digits.
  package var description: String {
    (hasMessageID ? "m" : "n")
      + Hexadecimal.encode((0..<8).map { UInt8(truncatingIfNeeded: hash >> (56 - 8 * UInt64($0))) })
  }
}
