import Pipeline

/// Writes numbers for people.
enum Quantity {
  /// `1,234,567`.
  static func count(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [String] = []
    while digits.utf8.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }

  /// `1 message`, `2 messages`.
  static func count(_ value: Int, _ noun: String, plural: String? = nil) -> String {
    count(value) + " " + (value == 1 ? noun : plural ?? noun + "s")
  }

  /// `999 B`, `1.5 kB`, `23.4 MB`: powers of 1,000.
  static func bytes(_ value: Int64) -> String { Counted.bytes(value) }

  /// `0:07`, `12:34`, `1:02:03`.
  static func time(seconds: Int) -> String {
    func two(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
    let hours = seconds / 3600
    let minutes = seconds / 60 % 60
    let start = hours > 0 ? "\(hours):\(two(minutes))" : "\(minutes)"
    return start + ":" + two(seconds % 60)
  }
}
