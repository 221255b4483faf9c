package import Mail

/// Builds the bytes of one command (RFC 9051, section 9).
struct CommandWriter {
  /// Which literals may be sent without waiting for `+` (RFC 7888).
  struct LiteralPolicy {
    /// The largest such literal; nil where there are none.
    let nonSynchronisingLimit: UInt64?

    init(_ capabilities: CapabilitySet?) {
      if capabilities?.contains(.literalPlus) == true {
        nonSynchronisingLimit = .max
      } else if capabilities?.contains(.literalMinus) == true {
        nonSynchronisingLimit = 4096
      } else {
        nonSynchronisingLimit = nil
      }
    }

    /// Whether a literal of this size goes without waiting.
    func isNonSynchronising(_ size: UInt64) -> Bool {
      nonSynchronisingLimit.map { size <= $0 } ?? false
    }
  }

  let tag: CommandTag
  let policy: LiteralPolicy

  /// Whether a quoted string may hold UTF-8.
  let usesUTF8: Bool

  /// What is written so far; every piece but the first waits for its gate.
  private(set) var pieces: [OutputQueue.Piece]

  /// A writer that goes on with a command; a new one begins with its tag.
  init(tag: CommandTag, policy: LiteralPolicy, usesUTF8: Bool) {
    self.tag = tag
    self.policy = policy
    self.usesUTF8 = usesUTF8
    pieces = [OutputQueue.Piece(tag: tag, gate: .open, bytes: [])]
  }

  /// Writes text as it is.
  mutating func text(_ text: some StringProtocol) { bytes(Array(text.utf8)) }

  mutating func bytes(_ bytes: [UInt8]) { pieces[pieces.count - 1].bytes += bytes }

  mutating func endLine() { bytes([13, 10]) }

  /// Begins a piece that waits.
  mutating func wait(for gate: OutputQueue.Gate) {
    pieces.append(OutputQueue.Piece(tag: tag, gate: gate, bytes: []))
  }

  mutating func mailbox(_ name: RawMailboxName) { string(name.bytes) }

  mutating func string(_ text: String) { string(Array(text.utf8)) }

  /// Writes a quoted string where its bytes allow, else a literal.
  mutating func string(_ content: [UInt8]) {
    if isQuotable(content) {
      var quoted: [UInt8] = [UInt8(ascii: "\"")]
      quoted.reserveCapacity(content.count + 2)
      for byte in content {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
          quoted.append(UInt8(ascii: "\\"))
        }
        quoted.append(byte)
      }
      bytes(quoted + [UInt8(ascii: "\"")])
    } else {
      literalHeader(size: UInt64(content.count), isLiteral8: false)
      bytes(content)
    }
  }

  /// Writes `{n}`; what is written next waits for `+` unless the policy allows otherwise.
  mutating func literalHeader(size: UInt64, isLiteral8: Bool) {
    let isFree = policy.isNonSynchronising(size)
    text("\(isLiteral8 ? "~" : ""){\(size)\(isFree ? "+" : "")}\r\n")
    if !isFree { wait(for: .continuation) }
  }

  /// Writes words in parentheses, separated by spaces.
  ///
  /// Bytes that no atom can hold are left out: a word must never end the command and begin another.
  mutating func list(_ words: some Sequence<String>) {
    text("(")
    for (index, word) in words.enumerated() {
      if index > 0 { text(" ") }
      bytes(word.utf8.filter(\.isAtomCharacter))
    }
    text(")")
  }

  /// Writes flags in parentheses, those left out that IMAP can't hold.
  mutating func flags(_ flags: Flags) {
    let refused = flags.unsendableKeywords
    let sent = refused.isEmpty ? flags : flags.subtracting(Flags(keywords: refused))
    text("(" + sent.imapNames.joined(separator: " ") + ")")
  }

  private func isQuotable(_ content: [UInt8]) -> Bool {
    // Servers limit the length of lines, not of literals.
    guard content.count <= 1000, !content.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
      return false
    }
    guard content.contains(where: { $0 >= 0x80 }) else { return true }
    return usesUTF8 && String(validating: content, as: UTF8.self) != nil
  }
}

extension Flags {
  /// The keywords whose names IMAP can't hold (RFC 9051, section 9: `flag-keyword`).
  ///
  /// Such keywords come from other programs' files; a command is sent without them.
  package var unsendableKeywords: Set<Keyword> {
    keywords.filter {
      var name = Substring($0.name).utf8
      if name.first == UInt8(ascii: "\\") { name = name.dropFirst() }
      return name.isEmpty || !name.allSatisfy(\.isAtomCharacter)
    }
  }
}
