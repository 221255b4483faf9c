import Mail

/// Writes moments in UTC, in the forms of ISO 8601 or nearly so.
enum Timestamp {
  /// `2023-11-14`.
  static func day(_ date: InternalDate) -> String {
    let parts = date.calendar
    return "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
  }

  /// `2023-11-14 22:13`.
  static func minute(_ date: InternalDate) -> String {
    let parts = date.calendar
    return "\(day(date)) \(padded(parts.hour, 2)):\(padded(parts.minute, 2))"
  }

  /// `2023-11-14T22:13:20Z`.
  static func full(_ date: InternalDate) -> String {
    let parts = date.calendar
    return "\(day(date))T\(padded(parts.hour, 2)):\(padded(parts.minute, 2)):"
      + "\(padded(parts.second, 2))Z"
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value.magnitude)
    return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.utf8.count))
      + digits
  }
}
