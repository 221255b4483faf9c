package import Protocols
package import Transport

/// Why a live connection could not do what it was asked for.
package enum ClientError: Error, Sendable {
  case transport(TransportError)
  case protocolViolation(IMAPError)
  /// The same of a POP3 server.
  case pop3Violation(POP3Error)
  /// The server said goodbye by itself: BYE, or a greeting or an idle line that is `-ERR`.
  case serverClosed(ResponseText)
  /// The server speaks neither IMAP4rev1 nor rev2.
  case unsupportedServer
  /// There is no TLS on this port, and no consent to do without.
  case tlsNotOffered(MailService)
  /// The server offers no way to log in with a password on this connection.
  case noLoginMechanism(MailService)
  /// User name or password were refused.
  case loginRefused(MailService, ResponseText)
  /// The server can't let anybody in at the moment; how many seconds that takes, where it says so by its
  /// capabilities.
  case loginUnavailable(ResponseText, delay: Double? = nil)
  /// The server wants to be left alone for longer than a run can wait; its words.
  case stayAway(seconds: Double, String)
  /// The server refused an APPEND whose literal was on its way, and may take the message's bytes for
  /// commands: the connection is of no more use.
  case outOfStep(ResponseText)
  /// A line of the list of mailboxes can't be read, so that it is not known which there are.
  case unreadableList(Evidence)
  /// The server told more of something than there can be, or than fits into memory.
  case tooMuch(String, limit: Int)
  /// A command ended with NO, BAD or `-ERR`.
  case refused(command: String, CompletionStatus, ResponseText)

  /// Whether a new connection may well succeed where this one failed.
  package var isRetryable: Bool {
    switch self {
    case .transport(let error): error.isRetryable
    case .serverClosed, .loginUnavailable, .outOfStep: true
    case .refused(_, _, let text): text.code?.isTemporary ?? false
    case .protocolViolation, .pop3Violation, .unreadableList, .tooMuch, .unsupportedServer,
      .tlsNotOffered, .noLoginMechanism, .loginRefused, .stayAway:
      false
    }
  }
}

extension ResponseCode {
  /// Whether the server says that the same command may succeed later (RFC 5530).
  package var isTemporary: Bool {
    switch self {
    case .unavailable, .inUse, .limit, .throttled, .serverBug: true
    default: false
    }
  }
}

extension ResponseText {
  /// What a POP3 server says, its code as the one of IMAP that means the same (RFC 5530).
  package init(_ reply: POP3Reply) {
    let code: ResponseCode? =
      switch reply.code {
      case nil: nil
      case .inUse: .inUse
      case .loginDelay: .throttled
      case .sysTemp: .unavailable
      case .sysPerm: .contactAdmin
      case .auth: .authenticationFailed
      case .other(let name): .other(name: name, arguments: "")
      }
    self.init(code: code, text: reply.text)
  }
}
