import Protocols

/// What single servers do otherwise than the standards say, or where these say nothing.
///
/// The one place for it. Behaviour is detected where it can be; by a server's words only where nothing
/// else tells.
enum Quirks {
  /// Words with which servers refuse a login, right password and all, because too many connections are
  /// open, without one of RFC 5530's codes; in lower case.
  ///
  /// Each is too special to stand in a refusal of a password. Even so it is believed only of a password
  /// that was accepted before: see `KeptConnection`.
  static let fullWords = [
    /// Cyrus, `maxlogins_per_user` and `maxlogins_per_host`.
    "too many open connections",
    /// Gmail, beyond 15 connections, with the code ALERT.
    "too many simultaneous connections",
    /// Dovecot before it had LIMIT, and proxies that cut the code off.
    "maximum number of connections",
    /// Courier and those that were made after it, where they say something at all.
    "maximum connection limit",
    /// Exchange: the password was right, and its limit of sessions is reached.
    "user is authenticated but not connected",
  ]

  /// Whether the server takes no further connection, by its words alone.
  static func meansFull(_ text: ResponseText) -> Bool {
    let words = text.text.lowercased()
    return fullWords.contains { words.contains($0) }
  }

  /// Where Exchange says how long it wants to be left alone; in lower case.
  ///
  /// `Request is throttled. Suggested Backoff Time: 92415 milliseconds`, as the text of NO, BAD or BYE and
  /// without a code.
  private static let backoffWords = "suggested backoff time:"

  /// How many seconds the server wants to be left alone, if its words say so.
  static func suggestedPause(_ text: ResponseText) -> Double? {
    let words = text.text.lowercased()
    guard let found = words.firstRange(of: backoffWords) else { return nil }
    let rest = words[found.upperBound...].drop { $0 == " " }
    let digits = rest.prefix { ("0"..."9").contains($0) }
    guard let number = Double(digits), number.isFinite else { return nil }
    let unit = rest[digits.endIndex...].drop { $0 == " " }
    return unit.hasPrefix("second") ? number : number / 1000
  }
}
