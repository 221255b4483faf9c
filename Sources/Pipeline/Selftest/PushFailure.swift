import Platform

/// What it means that a push of a selftest ended as it did.
struct PushFailure {
  private let ending: SpawnedProcess.Ending
  private let lines: [Substring]

  init(_ outcome: KilledPush.Outcome) {
    ending = outcome.ending
    lines = outcome.errors.split(separator: "\n")
  }

  /// Whether the same push may well succeed a little later.
  var mayPass: Bool { ending == .exited(69) || ending == .exited(75) }

  /// What it said, in one line.
  var words: String {
    lines.isEmpty ? "it did not say why" : lines.map { $0.trimmed }.joined(separator: "; ")
  }

  /// The failure that ends the selftest.
  var failure: Failure {
    let said = lines.first { $0.hasPrefix(Self.errorPrefix) }
    let hint = lines.first { $0.hasPrefix(Self.hintPrefix) }
    let words = said.map { String($0.dropFirst(Self.errorPrefix.count)) } ?? self.words
    return Failure(
      scope: .account, cause: cause, summary: "a push that was run again \(how): \(words)",
      advice: hint.map { String($0.dropFirst(Self.hintPrefix.count)) }, retryable: mayPass)
  }

  private static let errorPrefix = "mailarc: "
  private static let hintPrefix = "hint: "

  private var how: String {
    switch ending {
    case .exited(let status): "ended with exit status \(status)"
    case .killed(let signal): "was ended by signal \(signal)"
    }
  }

  private var cause: FailureCause {
    guard case .exited(let number) = ending, let status = ExitStatus(rawValue: number) else {
      return .refused
    }
    switch status {
    case .usage: return .usage
    case .badInput: return .input
    case .unreachable: return .unreachable
    case .disk: return .disk
    case .tryAgain: return .connectionLost
    case .protocolViolation: return .protocolViolation
    case .loginRefused: return .loginRefused
    case .tlsRefused: return .tlsRefused
    case .done, .findings, .interrupted, .terminated: return .refused
    }
  }
}

extension Substring {
  fileprivate var trimmed: Substring { drop { $0 == " " } }
}
