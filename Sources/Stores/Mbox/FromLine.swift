import Mail

/// A line that begins with `From `, as it stands between the messages of an mbox.
///
/// There is no standard for what follows: a sender, which may hold spaces or be missing, a date in one
/// of more than a dozen styles (`MboxDate`), and perhaps `remote from HOST`.
struct FromLine: Equatable {
  /// How sure it is that the line is no line of a text.
  enum Strength: UInt8, Comparable {
    /// There is no date, and the rest is several words: it needs a file whose lines are like that.
    case wordy
    /// There is no date but at most one word: `From `, `From x`.
    case bare
    /// `From -`, `From ` or an address, as some programs write it.
    case known
    /// There is a date without a time.
    case weak
    /// There is a whole date.
    case strong

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// How sure it is that the line separates messages.
  let strength: Strength
  /// The date, if there is one; UTC where it names no zone.
  let date: InternalDate?
  /// Whether the line is one that only mboxrd's writers make: `From mboxrd@z`.
  let provesReversibleQuoting: Bool

  /// The longest line that is looked at.
  static let limit = 1 << 12

  /// Reads a line without its line end; nil if it does not begin with `From `, is too long, or is
  /// a field of a header.
  init?(_ line: ArraySlice<UInt8>) {
    guard line.count <= Self.limit, line.starts(with: Self.prefix) else { return nil }
    if line.count > Self.prefix.count + 24, line[line.endIndex - 25] == UInt8(ascii: " "),
      let seconds = MboxDate.asctime(line.suffix(24))
    {
      date = InternalDate(epochSeconds: seconds)
      strength = .strong
      provesReversibleQuoting = line.dropFirst(Self.prefix.count).starts(with: Self.reversible)
      return
    }
    let isSpace = { (byte: UInt8) in
      byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == .carriageReturn
    }
    let words = line.dropFirst(Self.prefix.count).split(whereSeparator: isSpace)
    // `From : x` is a field with a space before its colon.
    guard words.first?.first != UInt8(ascii: ":") else { return nil }
    provesReversibleQuoting = words.first.map { $0.elementsEqual("mboxrd@z".utf8) } ?? false
    // The date is the last one that reaches to the line's end: senders may hold anything.
    if let found = Self.date(in: words) {
      date = InternalDate(epochSeconds: found.epochSeconds)
      strength = found.hasTime ? .strong : .weak
      return
    }
    date = nil
    strength =
      switch words.count {
      case 0: .known
      case 1 where words[0].elementsEqual("-".utf8) || words[0].contains(UInt8(ascii: "@")): .known
      case 1: .bare
      default: .wordy
      }
  }

  static let prefix = Array("From ".utf8)
  private static let reversible = Array("mboxrd@z ".utf8)

  private static func date(in words: [ArraySlice<UInt8>]) -> MboxDate? {
    for start in words.indices.prefix(64) {
      if let date = MboxDate(words, from: start), isEnd(words[date.end...]) { return date }
    }
    return nil
  }

  private static func isEnd(_ rest: ArraySlice<ArraySlice<UInt8>>) -> Bool {
    rest.isEmpty
      || (rest.count == 3 && rest[rest.startIndex].elementsEqual("remote".utf8)
        && rest[rest.startIndex + 1].elementsEqual("from".utf8))
  }
}
