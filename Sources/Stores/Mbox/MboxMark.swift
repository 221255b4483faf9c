import Mail

/// The value of `X-Mailarc`: a message's base name as Maildir would have it, and what was added to
/// the message; see `formats/mbox.md`.
struct MboxMark: Equatable {
  /// The name of the field, without its colon.
  static let fieldName = "X-Mailarc"

  /// The message's base name.
  let baseName: [UInt8]
  /// Whether a LF was added to the content, which did not end in one.
  let addsNewline: Bool
  /// Whether an empty line was added behind the block.
  let addsBlank: Bool

  /// Makes a mark for a message.
  init(baseName: [UInt8], addsNewline: Bool, addsBlank: Bool) {
    self.baseName = baseName
    self.addsNewline = addsNewline
    self.addsBlank = addsBlank
  }

  /// Reads a field's body, without the line end; nil for anything that mailarc would not write.
  init?(_ body: ArraySlice<UInt8>) {
    var words = body.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)[...]
    if words.first?.isEmpty == true { words = words.dropFirst() }
    guard let base = words.popFirst(), base.count <= 255 else { return nil }
    let name = MaildirName(Array(base))
    guard name.isOurs, name.baseEnd == name.bytes.count, !base.contains(UInt8(ascii: "/")),
      base.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    addsNewline = Self.take("newline", from: &words)
    addsBlank = Self.take("blank", from: &words)
    guard words.isEmpty else { return nil }
    baseName = name.bytes
  }

  private static func take(
    _ word: String, from words: inout ArraySlice<ArraySlice<UInt8>>
  ) -> Bool {
    guard let first = words.first, first.elementsEqual(word.utf8) else { return false }
    words = words.dropFirst()
    return true
  }

  /// The field's body: base name and words, separated by single spaces.
  var body: [UInt8] {
    baseName + Array((addsNewline ? " newline" : "").utf8) + Array((addsBlank ? " blank" : "").utf8)
  }
}
