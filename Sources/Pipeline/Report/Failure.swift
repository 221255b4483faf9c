/// How far a failure reaches: what is narrower goes on without what failed.
package enum FailureScope: String, Sendable, Equatable, CaseIterable {
  case message
  case mailbox
  case account
  case run
}

/// What kind of thing went wrong; it alone decides the exit status.
package enum FailureCause: String, Sendable, Equatable, CaseIterable {
  /// The command line asks for something that can't be.
  case usage
  /// The input is no archive or no mailbox, or belongs to another account.
  case input
  /// The archive was written by a newer version.
  case newerFormat = "newer-format"
  /// The server's name is unknown, or it refuses connections, or it can't be reached.
  case unreachable
  /// Reading or writing files failed, or the disk is full.
  case disk
  /// Another run holds the archive.
  case locked
  /// The server asked to be left alone for a while.
  case throttled
  /// The connection broke or stayed silent for too long.
  case connectionLost = "connection-lost"
  /// The account on the server is full.
  case overQuota = "over-quota"
  /// The server said something that the protocol doesn't allow.
  case protocolViolation = "protocol-violation"
  /// The server refused one mailbox or message for good.
  case refused
  /// The server refused the user name or the password.
  case loginRefused = "login-refused"
  /// The certificate or the TLS version was refused, or there is no TLS and no consent to that.
  case tlsRefused = "tls-refused"
  /// SIGINT arrived.
  case interrupted
  /// SIGTERM arrived.
  case terminated

  /// The status with which the program ends when this is what stopped it.
  package var exitStatus: ExitStatus {
    switch self {
    case .usage: .usage
    case .input, .newerFormat: .badInput
    case .unreachable: .unreachable
    case .disk: .disk
    case .locked, .throttled, .connectionLost, .overQuota: .tryAgain
    case .protocolViolation: .protocolViolation
    case .refused: .findings
    case .loginRefused: .loginRefused
    case .tlsRefused: .tlsRefused
    case .interrupted: .interrupted
    case .terminated: .terminated
    }
  }
}

/// Something that went wrong, in words for the user.
///
/// All texts may hold words of a server or a file: whoever shows them on a terminal escapes them.
package struct Failure: Error, Sendable, Equatable {
  /// How far it reaches.
  package var scope: FailureScope
  /// What kind it is.
  package var cause: FailureCause
  /// What failed, where and why: one line, lower case, no full stop.
  package var summary: String
  /// What the user can do about it, in whole sentences.
  package var advice: String?
  /// Whether the same may well succeed a little later.
  package var retryable: Bool

  /// A failure with these properties.
  package init(
    scope: FailureScope, cause: FailureCause, summary: String, advice: String?, retryable: Bool
  ) {
    self.scope = scope
    self.cause = cause
    self.summary = summary
    self.advice = advice
    self.retryable = retryable
  }

  /// A command line that can't be carried out.
  package static func usage(_ summary: String, advice: String? = nil) -> Failure {
    Failure(scope: .run, cause: .usage, summary: summary, advice: advice, retryable: false)
  }
}

/// What the program's exit status says.
package enum ExitStatus: Int32, Sendable, Equatable, CaseIterable {
  /// Everything is done and nothing differs.
  case done = 0
  /// Finished, but something could not be transferred, differs, or waits for an answer.
  case findings = 1
  case usage = 64
  case badInput = 65
  case unreachable = 69
  case disk = 74
  case tryAgain = 75
  case protocolViolation = 76
  case loginRefused = 77
  case tlsRefused = 78
  case interrupted = 130
  case terminated = 143
}
