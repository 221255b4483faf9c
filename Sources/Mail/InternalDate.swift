/// The moment at which a server received a message, to the second (RFC 9051, section 2.3.3).
///
/// The time zone in which a server shows it is not part of it.
package struct InternalDate: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Seconds since 1970-01-01 00:00:00 UTC; negative before.
  package let epochSeconds: Int64

  package init(epochSeconds: Int64) { self.epochSeconds = epochSeconds }

  private static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]
  private static let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Reads `date-time` of RFC 9051, section 9, without its quotes (`17-Jul-1996 02:44:25 -0700`).
  ///
  /// A day padded with a space, or of one digit, is taken as well, and one that its month has not is
  /// counted on. Nil for anything else.
  package init?(imap text: some Collection<UInt8>) {
    // Not generic from here on: this runs once for each message of a pull.
    let fields = Array(text).split(separator: UInt8(ascii: " ")).map { Array($0) }
    guard fields.count == 3 else { return nil }
    let date = fields[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    let time = fields[1].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard date.count == 3, time.count == 3, date[1].count == 3, date[2].count == 4,
      let day = Self.number(date[0], upTo: 31), day >= 1,
      let month = Self.months.firstIndex(
        of: String(decoding: date[1].map { $0 | 0x20 }, as: UTF8.self)),
      let year = Self.number(date[2], upTo: 9999),
      let hour = Self.number(time[0], upTo: 24), let minute = Self.number(time[1], upTo: 59),
      let second = Self.number(time[2], upTo: 60), let offset = Self.offset(fields[2])
    else { return nil }
    let days = Self.days(year: year, month: month + 1, day: day)
    epochSeconds = Int64(days * 86400 + hour * 3600 + minute * 60 + second - offset)
  }

  private static func number(_ digits: some Collection<UInt8>, upTo limit: Int) -> Int? {
    guard !digits.isEmpty, digits.count <= 4 else { return nil }
    var value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value <= limit ? value : nil
  }

  private static func offset(_ zone: [UInt8]) -> Int? {
    guard zone.count == 5, zone[0] == UInt8(ascii: "+") || zone[0] == UInt8(ascii: "-"),
      let hours = number(zone[1...2], upTo: 99), let minutes = number(zone[3...4], upTo: 99)
    else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return zone[0] == UInt8(ascii: "-") ? -seconds : seconds
  }

  /// Days from 1970-01-01 in the Gregorian calendar; years are counted from March, so that the leap
  /// day is a year's last.
  package static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let ofEra = shifted - era * 400
    let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719468
  }

  /// The date in UTC as calendar fields.
  package var calendar: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    var (days, rest) = Int(epochSeconds).quotientAndRemainder(dividingBy: 86400)
    if rest < 0 {
      days -= 1
      rest += 86400
    }
    let shifted = days + 719468
    let era = (shifted >= 0 ? shifted : shifted - 146096) / 146097
    let ofEra = shifted - era * 146097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * ofYear + 2) / 153
    let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * fromMarch + 2) / 5 + 1,
      rest / 3600, rest / 60 % 60, rest % 60
    )
  }

  /// The `date-time` that APPEND takes, in UTC, without its quotes.
  ///
  /// Nil where IMAP has no way to write it: a year before 0 or after 9999.
  package var imapForm: String? {
    let date = calendar
    guard (0...9999).contains(date.year) else { return nil }
    return imapDay + " " + Self.padded(date.hour, 2) + ":"
      + Self.padded(date.minute, 2) + ":" + Self.padded(date.second, 2) + " +0000"
  }

  /// The day in UTC, `date` of RFC 9051, section 9 (`17-Jul-1996`).
  package var imapDay: String {
    let date = calendar
    return Self.padded(date.day, 2) + "-" + Self.monthNames[date.month - 1] + "-"
      + Self.padded(date.year, 4)
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  package static func < (left: Self, right: Self) -> Bool { left.epochSeconds < right.epochSeconds }

  package var description: String {
    let date = calendar
    return Self.padded(date.year, 4) + "-" + Self.padded(date.month, 2) + "-"
      + Self.padded(date.day, 2) + " " + Self.padded(date.hour, 2) + ":"
      + Self.padded(date.minute, 2) + ":" + Self.padded(date.second, 2) + " UTC"
  }
}
