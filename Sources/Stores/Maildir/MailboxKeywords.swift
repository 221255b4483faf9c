import Mail
import Platform

/// What letters and base names mean in one mailbox.
///
/// `dovecot-keywords` gives letters a meaning, `mailarc-keywords` holds by base name those keywords
/// that have no letter. A mailbox whose letters differ from the archive's (Dovecot gave one, or the
/// directory came from elsewhere) keeps them.
struct MailboxKeywords: Sendable {
  static let lettersFile = "dovecot-keywords"
  static let extrasFile = "mailarc-keywords"
  static let extrasText = StateText(
    kind: "mailarc keywords by file", version: 1, limit: 256 << 20)
  private static let lettersLimit = 1 << 20

  private let directory: Directory
  private let archive: ArchiveKeywords
  private var ownBytes: [UInt8]
  private(set) var own: KeywordLetters
  private var archiveLetters: KeywordLetters
  private var extras: [[UInt8]: Set<Keyword>]
  private var setsByMask: [UInt32: Set<Keyword>] = [:]

  /// Reads the mailbox's files.
  init(of mailbox: Directory, archive: ArchiveKeywords) throws(StoreError) {
    directory = mailbox
    self.archive = archive
    archiveLetters = archive.current
    (ownBytes, own) = try Self.readLetters(in: mailbox)
    extras = [:]
    let path = mailbox.path(of: Self.extrasFile)
    for line in try Self.extrasText.read(Self.extrasFile, in: mailbox) ?? [] {
      let (base, keywords) = try Self.extrasLine(line, path: path)
      extras[base, default: []].formUnion(keywords)
    }
  }

  /// What a line of the file with keywords by base name says.
  ///
  /// - Throws: `damaged`.
  static func extrasLine(
    _ line: String, path: String
  ) throws(StoreError) -> (base: [UInt8], keywords: [Keyword]) {
    let words = line.utf8.split(separator: UInt8(ascii: " "))
    guard let base = words.first.flatMap({ PercentEscape.bytes(of: $0) }) else {
      throw .damaged(file: path, reason: "a line begins with no file name")
    }
    var keywords: [Keyword] = []
    for word in words.dropFirst() {
      guard let keyword = PercentEscape.decode(word) else {
        throw .damaged(file: path, reason: "a keyword is not UTF-8")
      }
      keywords.append(Keyword(keyword))
    }
    return (base, keywords)
  }

  /// The letters that a mailbox's own file gives, and the file as it is.
  static func readLetters(
    in mailbox: Directory
  ) throws(StoreError) -> (bytes: [UInt8], letters: KeywordLetters) {
    let bytes = try storedIfPresent(
      try mailbox.readWhole(lettersFile, limit: lettersLimit))
    let lines = (bytes ?? []).split(separator: .lineFeed)
    return (bytes ?? [], KeywordLetters(lines: lines))
  }

  /// The flags of a file.
  ///
  /// A letter that the mailbox's own file does not explain has the archive's meaning in files that
  /// mailarc named: somebody moved them here. In foreign files it means nothing.
  mutating func flags(of name: MaildirName) -> Flags {
    var system: SystemFlags = []
    var mask: UInt32 = 0
    var isPassed = false
    for letter in name.letters {
      if let index = Self.index(ofLetter: letter) {
        mask |= 1 << UInt32(index)
      } else if letter == Self.passed {
        isPassed = true
      } else if let known = SystemFlags.named.first(where: { $0.letter == letter }) {
        system.insert(known.flag)
      }
    }
    var keywords = mask == 0 ? [] : keywords(mask: mask, isOurs: name.isOurs)
    if isPassed { keywords.insert(Self.forwarded) }
    if !extras.isEmpty, let more = extras[Array(name.base)] { keywords.formUnion(more) }
    return Flags(system, keywords: keywords)
  }

  private mutating func keywords(mask: UInt32, isOurs: Bool) -> Set<Keyword> {
    let key = mask << 1 | (isOurs ? 1 : 0)
    if let known = setsByMask[key] { return known }
    var keywords: Set<Keyword> = []
    for index in 0..<KeywordLetters.count where mask & 1 << UInt32(index) != 0 {
      if let keyword = meaning(of: index, isOurs: isOurs) { keywords.insert(keyword) }
    }
    setsByMask[key] = keywords
    return keywords
  }

  private func meaning(of index: Int, isOurs: Bool) -> Keyword? {
    own.names[index] ?? (isOurs ? archiveLetters.names[index] : nil)
  }

  // Maildir's own letter for what IMAP calls $Forwarded; mbsync and others write it.
  private static let passed = UInt8(ascii: "P")
  private static let forwarded = Keyword("$Forwarded")

  private static func index(ofLetter letter: UInt8) -> Int? {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
      ? Int(letter - UInt8(ascii: "a")) : nil
  }

  /// Makes sure that keywords have letters in this mailbox, as far as letters last.
  ///
  /// When it returns, the archive's table and then the mailbox's file are on stable storage.
  /// - Parameters:
  ///   - keywords: those that a file name is to hold.
  ///   - inUse: gives all names in the mailbox; asked for only if a letter is to be given.
  /// - Throws: `system`, and what `inUse` throws.
  mutating func provideLetters(
    for keywords: Set<Keyword>, inUse: () throws(StoreError) -> [MaildirName]
  ) throws(StoreError) {
    let missing = keywords.filter { KeywordLetters.canHold($0) && own.index(of: $0) == nil }
      .sorted()
    guard !missing.isEmpty, own.names.contains(nil) else { return }
    // Another program may have given letters since: they must not be lost.
    (ownBytes, own) = try Self.readLetters(in: directory)
    setsByMask = [:]
    try archive.assign(missing)
    archiveLetters = archive.current
    let avoided = unexplainedLetters(in: try inUse())
    var extended = own
    for (index, keyword) in archiveLetters.names.enumerated() {
      if let keyword, extended.names[index] == nil, !avoided.contains(index),
        extended.index(of: keyword) == nil
      {
        extended.set(index, keyword)
      }
    }
    for keyword in missing where extended.index(of: keyword) == nil {
      let free = extended.names.indices.first {
        extended.names[$0] == nil && archiveLetters.names[$0] == nil && !avoided.contains($0)
      }
      if let free { extended.set(free, keyword) }
    }
    guard extended != own else { return }
    try write(extended)
  }

  /// Writes the archive's letters into a mailbox that is new and has none.
  mutating func adoptArchiveLetters() throws(StoreError) {
    if archiveLetters != own { try write(archiveLetters) }
  }

  // Lines that are there stay as they are, also those that nobody understands.
  private mutating func write(_ extended: KeywordLetters) throws(StoreError) {
    var bytes = ownBytes
    if let last = bytes.last, last != .lineFeed { bytes.append(.lineFeed) }
    for (index, keyword) in extended.names.enumerated() where own.names[index] == nil {
      if let keyword { bytes += Array("\(index) \(keyword.name)\n".utf8) }
    }
    try stored(try directory.writeWhole(Self.lettersFile, bytes.span))
    own = extended
    ownBytes = bytes
    setsByMask = [:]
  }

  /// Letters that files carry although nothing says what they mean: giving them to a keyword would
  /// put it on those files.
  private func unexplainedLetters(in names: [MaildirName]) -> Set<Int> {
    var found: Set<Int> = []
    for name in names {
      for letter in name.letters {
        if let index = Self.index(ofLetter: letter), meaning(of: index, isOurs: name.isOurs) == nil
        {
          found.insert(index)
        }
      }
    }
    return found
  }

  /// The part of a name behind the base name for new flags: `:2,` and letters in ASCII order.
  ///
  /// Letters of the old name that mean nothing here stay, as does what follows the letters.
  /// `provideLetters` was called for the keywords before.
  func info(for flags: Flags, replacing old: MaildirName?) -> [UInt8] {
    var letters: Set<UInt8> = []
    for (flag, _, letter) in SystemFlags.named where flags.system.contains(flag) {
      letters.insert(letter)
    }
    for keyword in flags.keywords {
      if let index = own.index(of: keyword) { letters.insert(UInt8(ascii: "a") + UInt8(index)) }
    }
    if let old {
      for letter in old.letters where keepsLetter(letter, of: old, flags) {
        letters.insert(letter)
      }
    }
    return Array(":2,".utf8) + letters.sorted() + (old?.tail ?? [])
  }

  private func keepsLetter(_ letter: UInt8, of name: MaildirName, _ flags: Flags) -> Bool {
    if let index = Self.index(ofLetter: letter) {
      return meaning(of: index, isOurs: name.isOurs) == nil
    }
    if letter == Self.passed { return flags.keywords.contains(Self.forwarded) }
    return !SystemFlags.named.contains { $0.letter == letter }
  }

  /// The name without those letters that mean something here.
  func withoutKnownLetters(_ name: MaildirName) -> MaildirName {
    let kept = name.letters.filter { keepsLetter($0, of: name, Flags()) }
    return MaildirName(name.base + Array(":2,".utf8) + kept + name.tail)
  }

  /// Those keywords that have no letter here and are kept by base name.
  func withoutLetters(_ keywords: Set<Keyword>) -> Set<Keyword> {
    keywords.filter { own.index(of: $0) == nil }
  }

  /// Sets the keywords without letters of some files, and writes the file if that changes anything.
  ///
  /// When it returns, they are on stable storage.
  mutating func setExtras(_ changes: [(base: [UInt8], keywords: Set<Keyword>)]) throws(StoreError) {
    var changed = extras
    var isChanged = false
    for (base, keywords) in changes where changed[base] ?? [] != keywords {
      changed[base] = keywords.isEmpty ? nil : keywords
      isChanged = true
    }
    guard isChanged else { return }
    let lines = changed.map { base, keywords in
      ([PercentEscape.word(bytes: base)]
        + keywords.sorted().map { PercentEscape.word($0.name) }).joined(separator: " ")
    }
    try Self.extrasText.write(lines.sorted(), to: Self.extrasFile, in: directory)
    extras = changed
  }
}
