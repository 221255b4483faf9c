/// A command to a POP3 server.
///
/// Nothing here changes a mailbox: DELE and RSET do not exist.
package enum POP3Command: Sendable {
  case capa
  case stls
  case user(String)
  case pass(Secret)

  /// APOP; `digest` is the MD5 of the greeting's timestamp and the password, in hexadecimal.
  case apop(user: String, digest: String)

  /// AUTH PLAIN, with the initial response where it fits into a line (RFC 5034, section 4).
  case authPlain(authorizationID: String, user: String, password: Secret)

  /// AUTH LOGIN, which no standard describes: user and password, each asked for.
  case authLogin(user: String, password: Secret)

  case stat
  case list
  case uidl

  /// The header of a message and so many lines of its body.
  case top(UInt32, lines: UInt32)

  case retr(UInt32)
  case noop
  case quit
}

/// What a command that has not ended yet is about; holds no secrets.
package enum POP3CommandKind: Sendable, Hashable {
  case capa, stls, user, pass, apop, auth, stat, list, uidl, noop, quit
  case top(UInt32)
  case retr(UInt32)

  /// Whether a text of several lines follows `+OK`.
  var isMultiLine: Bool {
    switch self {
    case .capa, .list, .uidl, .top, .retr: true
    default: false
    }
  }

  /// The message that is asked for, if one is.
  package var message: UInt32? {
    switch self {
    case .top(let number), .retr(let number): number
    default: nil
    }
  }

  /// Whether nothing may be sent before it is answered (RFC 2449, section 6.6; RFC 2595).
  var isBarrier: Bool { self == .stls || self == .auth }
}

extension POP3Command {
  /// The longest command line, with its end (RFC 2449, section 4).
  private static let lineLength = 255

  var kind: POP3CommandKind {
    switch self {
    case .capa: .capa
    case .stls: .stls
    case .user: .user
    case .pass: .pass
    case .apop: .apop
    case .authPlain, .authLogin: .auth
    case .stat: .stat
    case .list: .list
    case .uidl: .uidl
    case .top(let number, _): .top(number)
    case .retr(let number): .retr(number)
    case .noop: .noop
    case .quit: .quit
    }
  }

  /// The lines of the command without their ends; each after the first answers a `+` of the server.
  var lines: [[UInt8]] {
    switch self {
    case .capa: [Array("CAPA".utf8)]
    case .stls: [Array("STLS".utf8)]
    case .user(let user): [Array("USER \(user)".utf8)]
    case .pass(let password): [Array("PASS ".utf8) + password.declassify()]
    case .apop(let user, let digest): [Array("APOP \(user) \(digest)".utf8)]
    case .authPlain(let authorizationID, let user, let password):
      Self.authPlain(
        SASL.plain(authorizationID: authorizationID, user: user, password: password))
    case .authLogin(let user, let password):
      [
        Array("AUTH LOGIN".utf8), Base64.encode(Array(user.utf8)),
        Base64.encode(password.declassify()),
      ]
    case .stat: [Array("STAT".utf8)]
    case .list: [Array("LIST".utf8)]
    case .uidl: [Array("UIDL".utf8)]
    case .top(let number, let lines): [Array("TOP \(number) \(lines)".utf8)]
    case .retr(let number): [Array("RETR \(number)".utf8)]
    case .noop: [Array("NOOP".utf8)]
    case .quit: [Array("QUIT".utf8)]
    }
  }

  private static func authPlain(_ message: [UInt8]) -> [[UInt8]] {
    let command = Array("AUTH PLAIN".utf8)
    let response = Base64.encode(message)
    let line = command + [0x20] + response
    return line.count + 2 <= lineLength ? [line] : [command, response]
  }
}
