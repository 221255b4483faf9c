import Mail
import Pipeline

/// An account on a server, as it is named on the command line: `imaps://user@host:port`.
///
/// The user stands before the last `@`. Percent-escapes are decoded; any other character of the
/// user is taken as it is, `/` and `:` too: there is no room for a password in such a URL.
struct AccountURL: Sendable, Equatable {
  /// How the connection is protected.
  enum Security: Sendable, Equatable {
    /// TLS from the first byte: `imaps://`.
    case tls
    /// STARTTLS after the greeting: `imap://`.
    case startTLS
  }

  let security: Security
  /// The name to log in with: not empty, without control characters.
  let user: String
  /// A host name in lower case, or an IP address without brackets.
  let host: String
  let port: UInt16

  /// Parses a URL.
  ///
  /// - Throws: a usage failure that says what is missing or wrong.
  init(parsing text: String) throws(Failure) {
    guard let mark = text.firstRange(of: "://") else { throw Self.noScheme(text) }
    let security = try Self.security(ofScheme: text[..<mark.lowerBound].lowercased())
    var rest = text[mark.upperBound...]
    guard let at = rest.lastIndex(of: "@") else {
      throw .usage(
        "no user in the account \"\(text)\"",
        advice: "Write \(Self.example(security)); the user may be a whole e-mail address.")
    }
    let user = try Self.decodeUser(rest[..<at], of: text)
    rest = rest[rest.index(after: at)...]
    if rest.hasSuffix("/") { rest.removeLast() }
    let address = try HostAndPort(parsing: rest, of: text)
    self.security = security
    self.user = user
    self.host = address.host
    self.port = address.port ?? (security == .tls ? 993 : 143)
  }

  /// The name under which state about this account is kept: who it is, not how it was reached.
  ///
  /// That is the user if it is an e-mail address, with its domain in lower case; otherwise user
  /// and host. Never the port. Escape it before it reaches a terminal or a file name.
  var identity: String {
    guard let at = user.lastIndex(of: "@") else {
      return user + "@" + (host.contains(":") ? "[\(host)]" : host)
    }
    return user[..<at] + "@" + HostAndPort.lowercased(user[user.index(after: at)...])
  }

  private static func example(_ security: Security) -> String {
    (security == .tls ? "imaps" : "imap") + "://user@host"
  }

  private static func noScheme(_ text: String) -> Failure {
    guard let at = text.lastIndex(of: "@"), !text[text.index(after: at)...].isEmpty else {
      return .usage(
        "\"\(text)\" is no account", advice: "Write imaps://user@host or imap://user@host.")
    }
    return .usage(
      "\"\(text)\" does not say how to reach its server",
      advice: "Write imaps://\(text) or imaps://\(text[..<at])@HOST; servers are not discovered "
        + "from a bare address yet.")
  }

  private static func security(ofScheme scheme: String) throws(Failure) -> Security {
    switch scheme {
    case "imaps": return .tls
    case "imap": return .startTLS
    case "pop3", "pop3s":
      throw .usage(
        "\(scheme):// is not supported yet",
        advice: "This version speaks IMAP only: imaps://user@host.")
    default:
      throw .usage(
        "unknown scheme \(scheme)://",
        advice: "Write imaps:// (TLS from the start) or imap:// (STARTTLS).")
    }
  }

  private static func decodeUser(
    _ text: Substring, of whole: String
  ) throws(Failure) -> String {
    guard !text.isEmpty else {
      throw .usage("no user before the @ in the account \"\(whole)\"")
    }
    var octets: [UInt8] = []
    var rest = text.utf8
    while let octet = rest.popFirst() {
      // A lone percent sign is a character like any other.
      if octet == UInt8(ascii: "%"), let escaped = hexPair(rest.prefix(2)) {
        octets.append(escaped)
        rest.removeFirst(2)
      } else {
        octets.append(octet)
      }
    }
    guard let user = String(validating: octets, as: UTF8.self) else {
      throw .usage("the percent-escapes of the user in \"\(whole)\" are not valid UTF-8")
    }
    let hasControl = user.unicodeScalars.contains {
      $0.properties.generalCategory == .control
    }
    guard !hasControl else {
      throw .usage("the user in \"\(whole)\" holds a control character")
    }
    return user
  }

  private static func hexPair(_ pair: Substring.UTF8View) -> UInt8? {
    guard pair.count == 2, let high = pair.first.flatMap(Hexadecimal.value(of:)),
      let low = pair.last.flatMap(Hexadecimal.value(of:))
    else { return nil }
    return high << 4 | low
  }
}
