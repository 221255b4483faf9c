import Mail

/// How one component of a mailbox name is written as the name of an mbox, or of the directory with those
/// below it, and read back.
///
/// As a directory of a Maildir archive (`DirectoryName`), but that no directory's name may end as the
/// name of a file does: the dot of such an end is escaped.
enum MboxFileName {
  static let plain = ".mbox"
  static let compressed = ".mbox.gz"
  private static let ends = ["mbox.gz", "mbox", "lock"]

  /// The component with its end escaped, to be written as `DirectoryName` writes it.
  static func escaped(_ component: String) -> String {
    for end in ends where component.hasUTF8Suffix("." + end) {
      return component.droppingUTF8Suffix(end.utf8.count + 1) + "%2E" + end
    }
    // What would be read as such an escape gets one more.
    guard let (head, tail) = escapeAtEnd(of: component) else { return component }
    return head + "%25" + tail
  }

  /// Undoes `escaped`.
  static func unescaped(_ text: String) -> String {
    guard let (head, tail) = escapeAtEnd(of: text) else { return text }
    return tail.utf8.starts(with: "2E".utf8)
      ? head + "." + tail.droppingUTF8Prefix(2) : head + "%" + tail.droppingUTF8Prefix(2)
  }

  /// Takes `HEAD%2Embox`, `HEAD%252Embox`… apart at the `%`.
  private static func escapeAtEnd(of text: String) -> (head: String, tail: String)? {
    for end in ends where text.hasUTF8Suffix("2E" + end) {
      var head = text.droppingUTF8Suffix(end.utf8.count + 2)
      var tail = "2E" + end
      while head.hasUTF8Suffix("25"),
        head.droppingUTF8Suffix(2).hasUTF8Suffix("%")
          || head.droppingUTF8Suffix(2).hasUTF8Suffix("25")
      {
        head = head.droppingUTF8Suffix(2)
        tail = "25" + tail
      }
      guard head.hasUTF8Suffix("%") else { continue }
      return (head.droppingUTF8Suffix(1), tail)
    }
    return nil
  }

  /// The names of files that may stand for a mailbox in its directory, the one that mailarc prefers
  /// first.
  ///
  /// - Throws: `unsuitableName` for one that is too long.
  static func files(for name: MailboxName, _ suffix: String) throws(StoreError) -> [String] {
    let leaf = escaped(name.components.last ?? "")
    let room = DirectoryName.limit - compressed.utf8.count - ".lock".utf8.count - 17
    let files = DirectoryName.Form.allCases.map { DirectoryName.encode(leaf, form: $0) }
      .filter { $0.count == 1 && $0[0].utf8.count <= room }.map { $0[0] + suffix }
    guard !files.isEmpty else {
      throw .unsuitableName(
        name.description, reason: "its file's name would have more than \(room) bytes")
    }
    return files
  }

  /// Whether people may have written a component in other ways than mailarc does.
  static func hasOtherForms(_ component: String) -> Bool {
    component.utf8.contains { $0 < 0x20 || $0 == 0x7F }
  }

  /// What the name of a file stands for, its suffix taken off; nil where it stands for no mailbox.
  static func read(_ file: [UInt8], suffix: String) -> DirectoryName.Reading? {
    guard file.count > suffix.utf8.count, file.suffix(suffix.utf8.count).elementsEqual(suffix.utf8),
      let reading = DirectoryName.decode(Array(file.dropLast(suffix.utf8.count))),
      !reading.continues
    else { return nil }
    return reading
  }
}

extension String {
  // By bytes: a combining character behind would make `hasSuffix` say no.
  fileprivate func hasUTF8Suffix(_ suffix: String) -> Bool {
    utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  fileprivate func droppingUTF8Suffix(_ count: Int) -> String {
    String(decoding: utf8.dropLast(count), as: UTF8.self)
  }

  fileprivate func droppingUTF8Prefix(_ count: Int) -> String {
    String(decoding: utf8.dropFirst(count), as: UTF8.self)
  }
}
