import Mail
import Platform

/// What names of files and directories say in the trees of other programs.
enum TreeName {
  /// What a file's name says it is, before anybody looks into it.
  enum FileKind: Equatable {
    /// Other programs' own: indexes, lists, locks, backups.
    case companion
    /// A message, unless its content is an mbox.
    case message
    /// Mail in a form that is not read; in words.
    case otherMail(String)
    /// Its content decides.
    case unknown
  }

  /// The text that a name stands for: that of its modified UTF-7 if it has an `&` and is such, else its
  /// UTF-8; nil if it is neither.
  static func text(of bytes: some Collection<UInt8>) -> String? {
    if bytes.contains(UInt8(ascii: "&")), let decoded = ModifiedUTF7.decode(bytes) {
      return decoded
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Whether a directory is hidden and may be a Maildir, but can't hold other mailboxes unless it is one.
  static func isHidden(_ directory: [UInt8]) -> Bool {
    directory.first == dot && stripping(kmailSuffix, from: directory.dropFirst()) == nil
  }

  /// What a directory's name adds to the names of the mailboxes in it; nil if it is not UTF-8.
  ///
  /// A Maildir whose name begins with a dot has all levels in it. `NAME.sbd` (Thunderbird),
  /// `.NAME.directory` (KMail) and `NAME.mbox` (Apple Mail) stand for NAME.
  static func components(ofDirectory name: [UInt8]) -> [String]? {
    if isHidden(name) {
      let parts = name.split(separator: dot).map { text(of: $0) }
      let known = parts.compactMap(\.self)
      return known.count == parts.count ? known : nil
    }
    let stem =
      name.first == dot
      ? stripping(kmailSuffix, from: name.dropFirst())
      : stripping(".sbd", from: name[...]) ?? stripping(".mbox", from: name[...])
    return text(of: stem ?? name[...]).map { [$0] }
  }

  private static let dot = UInt8(ascii: ".")
  private static let kmailSuffix: StaticString = ".directory"

  /// A mailbox's name from components; INBOX has no case as the top of a hierarchy either, so that
  /// what is below it stays below it.
  static func mailbox(_ components: [String]) -> MailboxName? {
    guard let first = components.first else { return nil }
    let top = MailboxName([first])?.isInbox == true ? "INBOX" : first
    return MailboxName([top] + components.dropFirst())
  }

  /// What the name of a regular file says.
  static func kind(ofFile name: [UInt8]) -> FileKind {
    guard let first = name.first, let last = name.last else { return .companion }
    if first == UInt8(ascii: ".") || last == UInt8(ascii: "~") { return .companion }
    if first == UInt8(ascii: "#") && last == UInt8(ascii: "#") { return .companion }
    // MH keeps what was removed under such names.
    if first == UInt8(ascii: ",") || first == UInt8(ascii: "#"), isNumber(name.dropFirst()) {
      return .companion
    }
    let stem = stripping(".gz", from: name[...]) ?? name[...]
    if isNumber(stem) || MaildirName(name).hasFlags { return .message }
    guard let dot = stem.lastIndex(of: UInt8(ascii: ".")), dot > stem.startIndex else {
      return .unknown
    }
    let suffix = String(decoding: stem[(dot + 1)...], as: UTF8.self).lowercased()
    if messageSuffixes.contains(suffix) { return .message }
    if companionSuffixes.contains(suffix) { return .companion }
    return otherSuffixes[suffix].map { .otherMail($0) } ?? .unknown
  }

  /// Whether a name is a number, as MH names messages.
  static func isNumber(_ name: some Collection<UInt8>) -> Bool {
    (1...18).contains(name.count)
      && name.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// The name of an mbox or message file without the suffixes that say so.
  static func withoutSuffix(_ name: [UInt8]) -> ArraySlice<UInt8> {
    let stem = stripping(".gz", from: name[...]) ?? name[...]
    for suffix in mailboxSuffixes {
      if let found = stripping(suffix, from: stem) { return found }
    }
    return stem
  }

  /// The name before a suffix, whose case is of no account; nil if it has another one, or would be
  /// left empty.
  static func stripping(
    _ suffix: StaticString, from name: ArraySlice<UInt8>
  ) -> ArraySlice<UInt8>? {
    let count = suffix.utf8CodeUnitCount
    guard name.count > count else { return nil }
    let matches = suffix.withUTF8Buffer { wanted in
      zip(name.suffix(count), wanted).allSatisfy { byte, letter in
        byte == letter
          || ((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) && byte | 0x20 == letter)
      }
    }
    return matches ? name.dropLast(count) : nil
  }

  /// Whether a name says that the file is an mbox.
  static func isNamedMbox(_ name: [UInt8]) -> Bool {
    let stem = stripping(".gz", from: name[...]) ?? name[...]
    return stripping(".mbox", from: stem) != nil || stripping(".mbx", from: stem) != nil
  }

  private static let mailboxSuffixes: [StaticString] = [".mbox", ".mbx", ".eml"]
  private static let messageSuffixes: Set = ["eml"]
  // Few names, since the content shows that an index is none; web pages saved by a browser have the
  // header of a message.
  private static let companionSuffixes: Set = ["msf", "lock", "mht", "mhtml"]
  private static let otherSuffixes = [
    "emlx": "a message of Apple Mail's own store; its export makes mbox files",
    "pst": "an Outlook data file; readpst makes mbox files of it",
    "ost": "an Outlook data file; readpst makes mbox files of it",
    "msg": "a message in Outlook's format, or without a header",
    "dbx": "a mailbox of Outlook Express",
    "olm": "an archive of Outlook for Mac",
  ]
}

extension MaildirName {
  /// Whether the name ends as those of Maildirs do: `:2,` and letters.
  var hasFlags: Bool {
    baseEnd < bytes.count
      && bytes[(baseEnd + 3)...].allSatisfy {
        (UInt8(ascii: "A")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: ",")
      }
  }
}
