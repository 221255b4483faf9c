import Glibc

/// Turns text of any charset into Unicode, with U+FFFD for what can't be.
///
/// Keeps the converters of the system (iconv) that it opened. Confined to one thread.
package final class CharsetDecoder {
  private var converters: [String: Converter?] = [:]

  /// More kinds than this in one run are not from people.
  private static let converterLimit = 64

  package init() {}

  /// The text that bytes in a charset stand for.
  ///
  /// - Parameters:
  ///   - bytes: the text as it was written; what is broken in it becomes U+FFFD.
  ///   - charset: its name in any of the forms that mail has; case does not matter.
  ///   - limit: the most bytes of UTF-8 to give; the rest of the text is left out.
  /// - Returns: the text, or nil where the system does not know the charset.
  package func decode(_ bytes: [UInt8], charset: String, limit: Int) -> String? {
    switch CharsetName.reading(of: charset) {
    case nil: nil
    case .unknown: decodeUnlabelled(bytes, limit: limit)
    case .utf8: Self.cut(String(decoding: bytes, as: UTF8.self), to: limit)
    case .converter(let name): converter(name)?.convert(bytes, limit: limit)
    }
  }

  /// The text of bytes about which nothing is said: UTF-8 if they are that, else ISO-2022-JP if there
  /// are its escapes, else windows-1252.
  ///
  /// - Parameters:
  ///   - bytes: the text as it was written.
  ///   - limit: the most bytes of UTF-8 to give; the rest of the text is left out.
  /// - Returns: the text.
  package func decodeUnlabelled(_ bytes: [UInt8], limit: Int) -> String {
    if Self.hasJapaneseEscape(bytes),
      let text = decode(bytes, charset: "iso-2022-jp", limit: limit)
    {
      return text
    }
    if let text = String(validating: bytes, as: UTF8.self) { return Self.cut(text, to: limit) }
    return converter("CP1252")?.convert(bytes, limit: limit)
      ?? Self.cut(String(decoding: bytes, as: UTF8.self), to: limit)
  }

  // ESC $ B and its kin, as Japanese mail programs wrote them into headers unlabelled.
  private static func hasJapaneseEscape(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while let escape = rest.firstIndex(of: 0x1B) {
      rest = rest[(escape + 1)...]
      if rest.first == UInt8(ascii: "$"), let final = rest.dropFirst().first,
        final == UInt8(ascii: "B") || final == UInt8(ascii: "@")
      {
        return true
      }
    }
    return false
  }

  private static func cut(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: limit)
    while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
      end = text.utf8.index(before: end)
    }
    return String(text.unicodeScalars[..<end])
  }

  private func converter(_ name: String) -> Converter? {
    if let known = converters[name] { return known }
    let made = Converter(from: name)
    if converters.count >= Self.converterLimit { converters.removeAll() }
    converters[name] = .some(made)
    return made
  }
}

/// One of the system's converters into UTF-8.
private final class Converter {
  private let handle: iconv_t

  /// Nil where the system has none of that name.
  init?(from name: String) {
    guard let handle = iconv_open("UTF-8", name), Int(bitPattern: handle) != -1 else { return nil }
    self.handle = handle
  }

  deinit { iconv_close(handle) }

  private static let replacement = Array("\u{FFFD}".utf8)
  private static let pieceSize = 4096

  func convert(_ bytes: [UInt8], limit: Int) -> String {
    // Back to the state in which a text begins.
    _ = iconv(handle, nil, nil, nil, nil)
    var output: [UInt8] = []
    var input = bytes.map { CChar(bitPattern: $0) }
    input.withUnsafeMutableBufferPointer { input in
      var next = input.baseAddress
      var left = input.count
      while left > 0, output.count < limit {
        let code = step(into: &output) { iconv(handle, &next, &left, $0, $1) }
        guard code != 0 else { break }
        if code == E2BIG { continue }
        output += Self.replacement
        // A character that is cut off at the end has no end to look for.
        guard code == EILSEQ, left > 0 else { break }
        next = next.map { $0 + 1 }
        left -= 1
      }
    }
    // Some hold the last character back, waiting for an accent.
    _ = step(into: &output) { iconv(handle, nil, nil, $0, $1) }
    if output.count > limit { output.removeSubrange(Self.end(of: output, limit)...) }
    return String(decoding: output, as: UTF8.self)
  }

  /// Runs iconv once and appends what it gives; the result is `errno`, or 0 if all went through.
  private func step(
    into output: inout [UInt8],
    _ convert: (
      UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, UnsafeMutablePointer<Int>
    ) -> Int
  ) -> Int32 {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.pieceSize) { piece in
      var room = piece.baseAddress
      var roomLeft = piece.count
      let result = convert(&room, &roomLeft)
      let code = errno
      output += piece[..<(piece.count - roomLeft)].lazy.map { UInt8(bitPattern: $0) }
      return result == -1 ? code : 0
    }
  }

  /// The last place up to `limit` at which a character begins.
  private static func end(of text: [UInt8], _ limit: Int) -> Int {
    var end = limit
    while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }
}
