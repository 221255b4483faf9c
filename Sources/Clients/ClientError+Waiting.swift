import Protocols
import Transport

extension ClientError {
  /// Whether the connection is gone, so that a new one is needed for whatever comes next.
  package var endsConnection: Bool {
    if case .refused = self { false } else { true }
  }

  /// Whether the server may do later on the same connection what it refuses now.
  ///
  /// LIMIT is not among the codes: in the answer to a command it speaks of what can never be.
  package var asksForPatience: Bool {
    guard case .refused(_, _, let text) = self else { return false }
    return text.asksForPatience
  }

  /// How many seconds the server wants to be left alone, if it says so.
  package var suggestedPause: Double? {
    switch self {
    case .loginUnavailable(let text, let delay): Quirks.suggestedPause(text) ?? delay
    case .serverClosed(let text), .refused(_, _, let text), .outOfStep(let text):
      Quirks.suggestedPause(text)
    default: nil
    }
  }

  /// Whether an attempt to connect may have failed because the server takes no further connection.
  ///
  /// Servers say so in many ways, and some by silence.
  var mayMeanFull: Bool {
    switch self {
    case .loginUnavailable, .serverClosed: true
    case .refused: isRetryable
    case .transport(.connectionRefused), .transport(.connectionLost), .transport(.timedOut),
      .transport(.unreachable), .transport(.tlsFailed(.closedDuringHandshake)):
      true
    default: false
    }
  }

  /// What happened, in few words.
  var words: String? {
    switch self {
    case .loginUnavailable(let text, _): "the server lets nobody in now: \(text.text)"
    case .serverClosed(let text): "the server closed the connection: \(text.text)"
    case .refused(let command, _, let text): "\(command) was refused for now: \(text.text)"
    case .outOfStep(let text): text.text
    case .transport(let error): "\(error)"
    default: nil
    }
  }
}

extension ResponseText {
  /// Whether a login was refused for a reason that has nothing to do with the password and will pass.
  var isPassing: Bool {
    code?.isTemporary == true || Quirks.suggestedPause(self) != nil || Quirks.meansFull(self)
  }

  /// Whether the server wants to be left alone for a while, whatever it was asked.
  var isThrottled: Bool { code == .throttled || Quirks.suggestedPause(self) != nil }

  /// Whether the server may do the same later.
  package var asksForPatience: Bool {
    switch code {
    case .unavailable, .inUse: true
    default: isThrottled
    }
  }
}
