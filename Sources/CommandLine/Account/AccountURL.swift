import Clients
import Mail
import Pipeline

/// An account on a server, as it is named on the command line: `imaps://user@host:port`, or the same
/// with `imap`, `pop3s` or `pop3`.
///
/// The user stands before the last `@`. Percent-escapes are decoded; any other character of the
/// user is taken as it is, `/` and `:` too: there is no room for a password in such a URL.
struct AccountURL: Sendable, Equatable {
  /// How the connection is protected.
  enum Security: Sendable, Equatable {
    /// TLS from the first byte: `imaps://`, `pop3s://`.
    case tls
    /// STARTTLS or STLS after the greeting: `imap://`, `pop3://`.
    case startTLS
  }

  let service: MailService
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
    let (service, security) = try Self.scheme(text[..<mark.lowerBound].lowercased())
    var rest = text[mark.upperBound...]
    guard let at = rest.lastIndex(of: "@") else {
      throw .usage(
        "no user in the account \"\(text)\"",
        advice:
          "Write \(service.scheme(tls: security == .tls))://user@host; the user may be a whole e-mail address."
      )
    }
    let user = try Self.decodeUser(rest[..<at], of: text)
    rest = rest[rest.index(after: at)...]
    if rest.hasSuffix("/") { rest.removeLast() }
    let address = try HostAndPort(parsing: rest, of: text)
    self.service = service
    self.security = security
    self.user = user
    self.host = address.host
    self.port = address.port ?? Self.defaultPort(service, security)
  }

  /// Refuses an account over POP3, which gives the mail of the inbox and can do nothing else.
  ///
  /// - Parameter command: what can't be done with it.
  /// - Throws: a usage failure.
  func requireIMAP(for command: CommandName) throws(Failure) {
    guard service != .imap else { return }
    throw .usage(
      "mailarc \(command.rawValue) needs IMAP, and \(scheme)://\(user)@\(host) is a POP3 account",
      advice: "POP3 gives the mail of the inbox and nothing else. Write imaps://user@host, if the "
        + "server has it.")
  }

  /// What stands before `://`.
  private var scheme: String { service.scheme(tls: security == .tls) }

  private static func defaultPort(_ service: MailService, _ security: Security) -> UInt16 {
    switch (service, security) {
    case (.imap, .tls): 993
    case (.imap, .startTLS): 143
    case (.pop3, .tls): 995
    case (.pop3, .startTLS): 110
    }
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

  private static func scheme(_ name: String) throws(Failure) -> (MailService, Security) {
    switch name {
    case "imaps": return (.imap, .tls)
    case "imap": return (.imap, .startTLS)
    case "pop3s": return (.pop3, .tls)
    case "pop3": return (.pop3, .startTLS)
    default:
      throw .usage(
        "unknown scheme \(name)://",
        advice:
          "Write imaps:// or pop3s:// (TLS from the start), imap:// (STARTTLS) or pop3:// (STLS).")
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
