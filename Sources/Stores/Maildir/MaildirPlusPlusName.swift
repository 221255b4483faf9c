import Mail

/// How a mailbox name is written as the name of a directory of Maildir++, and read back.
///
/// A dot before each component, components in modified UTF-7, as Dovecot keeps them. What would be
/// misread is percent-escaped first. The grammar stands in `formats/archive.md`.
enum MaildirPlusPlusName {
  /// What a directory name stands for.
  struct Reading {
    let name: MailboxName
    /// The lower, the more mailarc prefers the directory where several stand for one mailbox.
    let rank: Int
  }

  private static let percent = UInt8(ascii: "%")
  private static let dot = UInt8(ascii: ".")

  /// The directory names for a mailbox other than INBOX, the preferred one first; none if all are too
  /// long.
  static func candidates(for name: MailboxName) -> [String] {
    let plain = name.components.map { "." + ModifiedUTF7.encode(escaped($0)) }.joined()
    let safe = name.components.map { "." + DirectoryName.encode($0, form: .safe).joined() }.joined()
    return [plain, safe].filter {
      $0.utf8.count <= DirectoryName.limit && !isTaken($0) && read(Array($0.utf8))?.name == name
    }
  }

  /// Whether the archive's own state has that name, or would be taken for it.
  static func isTaken(_ entry: String) -> Bool {
    entry == Archive.stateName || entry.hasPrefix(".mailarc-unfinished-")
  }

  /// What a directory name means; nil where it can't be a mailbox: no dot first, an empty component,
  /// or bytes that are neither modified UTF-7 nor UTF-8.
  static func read(_ entry: [UInt8]) -> Reading? {
    guard entry.first == dot, entry.count > 1 else { return nil }
    var components: [String] = []
    var rank = 0
    for piece in entry.dropFirst().split(separator: dot, omittingEmptySubsequences: false) {
      if let safe = DirectoryName.decode(Array(piece)), safe.isSafeForm, !safe.continues {
        components.append(safe.text)
        rank = max(rank, 1)
      } else if let text = ModifiedUTF7.decode(piece) {
        components.append(unescaped(text))
      } else if let text = String(validating: piece, as: UTF8.self) {
        // Courier's newer versions and people write UTF-8.
        components.append(unescaped(text))
        rank = 2
      } else {
        return nil
      }
    }
    return MailboxName(components).map { Reading(name: $0, rank: rank) }
  }

  private static func isForbidden(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7F || byte == dot || byte == UInt8(ascii: "/")
  }

  // From the end to the front, so that whether a `%` needs its escape is decided by what a reader
  // will find behind it.
  private static func escaped(_ component: String) -> String {
    var written: [UInt8] = []
    let bytes = Array(component.utf8)
    for (index, byte) in bytes.enumerated().reversed() {
      let needsEscape =
        isForbidden(byte)
        || (byte == percent && isEscape(Array(written.reversed())[...], atStart: index == 0))
      if needsEscape {
        written += [
          Hexadecimal.upperDigits[Int(byte & 15)], Hexadecimal.upperDigits[Int(byte >> 4)], percent,
        ]
      } else {
        written.append(byte)
      }
    }
    return String(decoding: written.reversed(), as: UTF8.self)
  }

  private static func unescaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == percent, let meant = escapedByte(rest, atStart: bytes.isEmpty) {
        bytes.append(meant)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isEscape(_ rest: ArraySlice<UInt8>, atStart: Bool) -> Bool {
    if atStart, DirectoryName.decode([percent] + rest)?.isSafeForm == true { return true }
    return escapedByte(rest, atStart: atStart) != nil
  }

  /// The byte that the two digits in front of `rest` stand for, if they make an escape there.
  private static func escapedByte(_ rest: ArraySlice<UInt8>, atStart: Bool) -> UInt8? {
    let digits = rest.prefix(2)
    guard digits.count == 2, let high = digits.first.flatMap(Hexadecimal.value(of:)),
      let low = digits.last.flatMap(Hexadecimal.value(of:)),
      digits.allSatisfy({ !(UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) })
    else { return nil }
    let byte = high << 4 | low
    if isForbidden(byte) { return byte }
    return byte == percent && isEscape(rest.dropFirst(2), atStart: atStart) ? byte : nil
  }
}
