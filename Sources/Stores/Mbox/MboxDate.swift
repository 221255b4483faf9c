import Mail

/// A date as From_ lines and header fields have it, read leniently.
///
/// Known are the order of `asctime` (`Mon Jan  1 00:00:00 2001`), with the zone before or behind the
/// year, that of RFC 5322 (`Mon, 1 Jan 2001 00:00:00 +0100`), that of RFC 850
/// (`Monday, 01-Jan-01 00:00:00 GMT`) and that of ISO 8601; all of them without weekday, seconds or
/// zone, with AM or PM, and with years of two or three digits (RFC 5322, section 4.3). Without a zone
/// it is UTC.
struct MboxDate {
  /// Seconds since 1970.
  private(set) var epochSeconds: Int64 = 0
  /// Whether a time of day was there.
  private(set) var hasTime = false
  /// The index of the first word behind the date.
  private(set) var end: Int

  private var year: Int?
  private var month: Int?
  private var day: Int?
  private var seconds = 0
  private var offset: Int?
  // Whether it was said which half of the day is meant.
  private var hasHalf = false

  /// Reads a date that begins with the word at `start`.
  ///
  /// - Parameters:
  ///   - words: the line's words.
  ///   - start: the index of the first word of the date.
  init?(_ words: [ArraySlice<UInt8>], from start: Int) {
    end = start
    if end < words.count, Self.isWeekday(words[end]) { end += 1 }
    guard readDay(words) else { return nil }
    while end < words.count, readTimeYearOrZone(words[end]) { end += 1 }
    guard let year, let month, let day else { return nil }
    let days = InternalDate.days(year: year, month: month, day: day)
    epochSeconds = Int64(days * 86400 + seconds - (offset ?? 0))
  }

  /// The seconds of a date exactly as `asctime` writes it, which nearly all From_ lines have; nil for
  /// all others.
  static func asctime(_ text: ArraySlice<UInt8>) -> Int64? {
    guard text.count == 24 else { return nil }
    let start = text.startIndex
    func digits(_ range: Range<Int>) -> Int? {
      number(text[(start + range.lowerBound)..<(start + range.upperBound)])
    }
    let isPadded = text[start + 8] == UInt8(ascii: " ")
    guard isWeekday(text[start..<(start + 3)]), text[start + 3] == UInt8(ascii: " "),
      let month = month(text[(start + 4)..<(start + 7)]), text[start + 7] == UInt8(ascii: " "),
      let day = digits(isPadded ? 9..<10 : 8..<10), (1...31).contains(day),
      text[start + 10] == UInt8(ascii: " "), let hour = digits(11..<13), hour <= 24,
      text[start + 13] == UInt8(ascii: ":"), let minute = digits(14..<16), minute <= 59,
      text[start + 16] == UInt8(ascii: ":"), let second = digits(17..<19), second <= 61,
      text[start + 19] == UInt8(ascii: " "), let year = digits(20..<24)
    else { return nil }
    let time = hour * 3600 + minute * 60 + second
    return Int64(InternalDate.days(year: year, month: month, day: day) * 86400 + time)
  }

  /// Month and day, in either order, or the whole date in one word.
  private mutating func readDay(_ words: [ArraySlice<UInt8>]) -> Bool {
    guard end < words.count else { return false }
    let first = words[end]
    if let month = Self.month(first) {
      guard end + 1 < words.count, let day = Self.day(words[end + 1]) else { return false }
      (self.month, self.day) = (month, day)
      end += 2
    } else if let day = Self.day(first) {
      guard end + 1 < words.count, let month = Self.month(words[end + 1]) else { return false }
      (self.month, self.day) = (month, day)
      end += 2
    } else {
      guard readDashed(first) else { return false }
      end += 1
    }
    return true
  }

  /// `01-Jan-2001`, `2001-01-01` or `2001-01-01T00:00:00Z`.
  private mutating func readDashed(_ word: ArraySlice<UInt8>) -> Bool {
    let halves = word.split(separator: UInt8(ascii: "T"), maxSplits: 1)
    guard let first = halves.first else { return false }
    let parts = first.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == 3 else { return false }
    if parts[0].count == 4, parts[1].count == 2, let year = Self.number(parts[0]),
      let month = Self.number(parts[1]), (1...12).contains(month), let day = Self.day(parts[2])
    {
      (self.year, self.month, self.day) = (year, month, day)
      return halves.count == 1 || readISOTime(halves[1])
    }
    guard halves.count == 1, let day = Self.day(parts[0]), let month = Self.month(parts[1]),
      let year = Self.year(parts[2])
    else { return false }
    (self.year, self.month, self.day) = (year, month, day)
    return true
  }

  private mutating func readISOTime(_ word: ArraySlice<UInt8>) -> Bool {
    let isZone = { (byte: UInt8) in
      byte == UInt8(ascii: "Z") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
    }
    let time = word.prefix { !isZone($0) }
    guard readTime(time) else { return false }
    let zone = word[time.endIndex...].filter { $0 != UInt8(ascii: ":") }
    return zone.isEmpty || readZone(zone[...])
  }

  private mutating func readTimeYearOrZone(_ word: ArraySlice<UInt8>) -> Bool {
    if !hasTime, readTime(word) { return true }
    if readHalf(word) { return true }
    if year == nil, let year = Self.year(word) {
      self.year = year
      return true
    }
    return hasTime && readZone(word)
  }

  // What `date` prints in the locale en_US: `10:13:20 PM`.
  private mutating func readHalf(_ word: ArraySlice<UInt8>) -> Bool {
    guard hasTime, !hasHalf, word.count == 2, (3600..<13 * 3600).contains(seconds) else {
      return false
    }
    switch String(decoding: word, as: UTF8.self).uppercased() {
    case "AM": seconds %= 12 * 3600
    case "PM": seconds = seconds % (12 * 3600) + 12 * 3600
    default: return false
    }
    hasHalf = true
    return true
  }

  private mutating func readTime(_ word: ArraySlice<UInt8>) -> Bool {
    let parts = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3 else { return false }
    let whole = parts[parts.count - 1].prefix { $0 != UInt8(ascii: ".") }
    let numbers = (parts.dropLast() + [whole]).map { $0.count <= 2 ? Self.number($0) : nil }
    guard let hour = numbers[0], hour <= 24, let minute = numbers[1], minute <= 59,
      let second = parts.count == 3 ? numbers[2] : 0, second <= 61
    else { return false }
    seconds = hour * 3600 + minute * 60 + second
    hasTime = true
    return true
  }

  // Two zones in a row: `+0200 (CEST)`, `MET DST`. The number says more than the name.
  private mutating func readZone(_ word: ArraySlice<UInt8>) -> Bool {
    guard let first = word.first else { return false }
    if first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
      guard word.count == 5, let value = Self.number(word.dropFirst()) else { return false }
      let seconds = value / 100 * 3600 + value % 100 * 60
      offset = first == UInt8(ascii: "-") ? -seconds : seconds
      return true
    }
    if first == UInt8(ascii: "("), word.last == UInt8(ascii: ")") { return offset != nil }
    guard word.count <= 5, word.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) }) else {
      return false
    }
    let name = String(decoding: word, as: UTF8.self).uppercased()
    if name == "DST", let known = offset {
      offset = known + 3600
    } else if offset == nil {
      // What other capitals mean is not agreed upon: they count as UTC.
      let isUnknown = word.count >= 3 && name.utf8.elementsEqual(word)
      guard let hours = Self.zones[name] ?? (isUnknown ? 0 : nil) else { return false }
      offset = Int(hours * 3600)
    }
    return true
  }

  private static let zones: [String: Double] = [
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MET": 1,
    "MEZ": 1, "CEST": 2, "MEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "MSD": 4, "JST": 9,
    "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "AST": -4, "ADT": -3, "EST": -5,
    "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "NST": -3.5,
    "HST": -10, "AKST": -9, "AKDT": -8,
  ]
  private static let monthNames = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ].map { key(Array($0.utf8)[...]) }
  private static let weekdayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    .map { key(Array($0.utf8)[...]) }

  private static func key(_ word: ArraySlice<UInt8>) -> UInt32 {
    word.prefix(3).reduce(0) { $0 << 8 | UInt32($1 | 0x20) }
  }

  private static func isWeekday(_ word: ArraySlice<UInt8>) -> Bool {
    let name = word.last == UInt8(ascii: ",") ? word.dropLast() : word
    return (3...9).contains(name.count) && weekdayNames.contains(key(name))
  }

  private static func month(_ word: ArraySlice<UInt8>) -> Int? {
    guard (3...9).contains(word.count) else { return nil }
    return monthNames.firstIndex(of: key(word)).map { $0 + 1 }
  }

  private static func day(_ word: ArraySlice<UInt8>) -> Int? {
    let digits = word.last == UInt8(ascii: ",") ? word.dropLast() : word
    guard digits.count <= 2, let day = number(digits), (1...31).contains(day) else { return nil }
    return day
  }

  private static func year(_ word: ArraySlice<UInt8>) -> Int? {
    guard (2...4).contains(word.count), let year = number(word) else { return nil }
    return switch word.count {
    case 2: year < 50 ? 2000 + year : 1900 + year
    case 3: 1900 + year
    default: year
    }
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.count <= 4 else { return nil }
    var value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
  }
}
