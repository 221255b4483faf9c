import Mail
import Platform

/// Turns bodies of header fields into text for people: encoded words and charsets decoded.
///
/// What comes out holds whatever was written, so it has to be escaped for terminals. Confined to one
/// thread.
package final class HeaderText {
  /// The most bytes of a field that are looked at, and the most of UTF-8 that each part of it gives.
  private static let limit = 8 << 10
  private let charsets = CharsetDecoder()

  package init() {}

  /// The text of an unstructured field such as Subject.
  package func text(_ body: [UInt8]) -> String {
    EncodedWords(Array(body.prefix(Self.limit))).pieces.map(text).joined()
  }

  /// Who the first address of a field such as From is: the name, or where there is none the address.
  package func sender(_ body: [UInt8]) -> String {
    let first = FirstAddress(Array(body.prefix(Self.limit)))
    let name = text(first.name)
    return name.allSatisfy(\.isWhitespace) ? text(first.address) : name
  }

  private func text(_ piece: EncodedWords.Piece) -> String {
    switch piece {
    case .raw(let bytes): charsets.decodeUnlabelled(bytes, limit: Self.limit)
    case .encoded(let word):
      charsets.decode(word.bytes, charset: word.charset, limit: Self.limit)
        ?? charsets.decodeUnlabelled(word.source, limit: Self.limit)
    }
  }
}
