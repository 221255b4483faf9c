import Mail

/// A message that a selftest pushes.
struct SelftestMessage: Sendable {
  /// Counted from 1 over the whole selftest.
  let number: Int
  /// What is special about it, in a word or two.
  let kind: String
  /// The form on disk, with LF.
  let content: [UInt8]
  let date: InternalDate
  var flags: Flags
}

/// Makes messages such as people have, but for what servers are known to alter or to refuse
/// (`formats/violations.md`): whatever comes back different is worth telling.
struct GenerateMessages {
  private enum Kind: Int, CaseIterable {
    case short, twin, sameHeader, over4096, eightBit, longLines, large, empty, withoutID, likeIMAP

    var name: String {
      switch self {
      case .short: "short"
      case .twin: "twin of the one before"
      case .sameHeader: "header and size of the one before"
      case .over4096: "over 4096 octets"
      case .eightBit: "8-bit"
      case .longLines: "long lines"
      case .large: "large"
      case .empty: "no body"
      case .withoutID: "no Message-ID"
      case .likeIMAP: "lines like commands"
      }
    }
  }

  private static let keywords = ["$Forwarded", "MailarcOne", "MailarcTwo"]

  let seed: UInt64

  /// The messages of these numbers; the same seed makes the same ones.
  func run(_ numbers: ClosedRange<Int>) -> [SelftestMessage] {
    numbers.map { number in
      var random = SeededRandom(seed: seed, purpose: UInt64(number) << 32)
      let kind = kind(of: number)
      return SelftestMessage(
        number: number, kind: kind.name, content: content(of: number, kind),
        date: InternalDate(
          epochSeconds: Int64.random(in: 1_000_000_000...1_700_000_000, using: &random)),
        flags: flags(using: &random))
    }
  }

  /// The flags that a message gets in a later round.
  func newFlags(of number: Int, in round: Int) -> Flags {
    var random = SeededRandom(seed: seed, purpose: UInt64(number) << 32 | UInt64(round) << 16 | 1)
    return flags(using: &random)
  }

  private func flags(using random: inout SeededRandom) -> Flags {
    var flags = Flags()
    for flag in [SystemFlags.seen, .answered, .flagged, .draft]
    where Int.random(in: 0..<3, using: &random) == 0 {
      flags.system.insert(flag)
    }
    for keyword in Self.keywords where Int.random(in: 0..<4, using: &random) == 0 {
      flags.keywords.insert(Keyword(keyword))
    }
    return flags
  }

  private func kind(of number: Int) -> Kind {
    // Each kind once in ten, in another order each time; the first has none before it.
    var random = SeededRandom(seed: seed, purpose: UInt64((number - 1) / Kind.allCases.count) << 48)
    let order = Kind.allCases.shuffled(using: &random)
    let kind = order[(number - 1) % order.count]
    return number == 1 && (kind == .twin || kind == .sameHeader) ? .short : kind
  }

  private func content(of number: Int, _ kind: Kind) -> [UInt8] {
    var random = SeededRandom(seed: seed, purpose: UInt64(number) << 32 | 2)
    switch kind {
    case .twin: return content(of: number - 1, self.kind(of: number - 1))
    case .sameHeader:
      var content = content(of: number - 1, self.kind(of: number - 1))
      // One that has no body is its twin.
      if let last = content.lastIndex(where: { (0x61...0x79).contains($0) }),
        content[..<last].suffix(2) != [0x0A, 0x0A]
      {
        content[last] += 1
      }
      return content
    case .empty: return header(number, kind)
    case .short, .withoutID: return header(number, kind) + Array("Text.\n".utf8)
    case .over4096:
      return header(number, kind) + text(Int.random(in: 4_200...9_000, using: &random))
    case .large:
      return header(number, kind) + text(Int.random(in: 60_000...180_000, using: &random))
    case .eightBit:
      let body = (0..<40).map { "\($0) Grüße aus Köln, naïve café, Ελληνικά, 日本語\n" }.joined()
      return header(number, kind) + Array(body.utf8)
    case .longLines:
      let line = String(repeating: "0123456789", count: Int.random(in: 110...2_000, using: &random))
      return header(number, kind) + Array("\(line)\n.\n\n\(line) \n".utf8)
    case .likeIMAP:
      let lines = "a1 OK done\n* BYE\n+ go on\n)\nA1 LOGOUT\n{5+}\n* 1 FETCH (BODY[] {3}\n.\n..\n"
      return header(number, kind) + Array(lines.utf8)
    }
  }

  private func header(_ number: Int, _ kind: Kind) -> [UInt8] {
    let date = "Mon, 05 Jan 2015 10:\(10 + number % 50):00 +0100"
    var lines = [
      "From: mailarc <selftest@mailarc.invalid>", "To: <selftest@mailarc.invalid>",
      "Subject: selftest \(seed), message \(number): \(kind.name)", "Date: \(date)",
    ]
    if kind != .withoutID {
      lines.append("Message-ID: <\(seed).\(number)@selftest.mailarc.invalid>")
    }
    if kind == .eightBit {
      lines += [
        "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
      ]
    }
    return Array((lines.joined(separator: "\n") + "\n\n").utf8)
  }

  private func text(_ size: Int) -> [UInt8] {
    let line = Array("What is said three times is not more true than what is said once.\n".utf8)
    return (0...size / line.count).flatMap { _ in line }
  }
}
