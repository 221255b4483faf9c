import Journals
import Mail
import Protocols

extension AppendMessages {
  /// A command that ended with NO or BAD.
  struct Refused {
    let batch: Int
    let items: Range<Int>
    let messages: [OutgoingMessage]
    let status: CompletionStatus
    let text: ResponseText
    /// Whether the server took what was sent after it.
    var isPassed = false
  }

  /// What is left to be done about what was refused.
  enum Work {
    /// It is not decided yet what follows from the refusal.
    case judge([OutgoingMessage], Refused)
    case send([OutgoingMessage])

    var messages: [OutgoingMessage] {
      switch self {
      case .judge(let messages, _), .send(let messages): messages
      }
    }

    mutating func removeLast() {
      switch self {
      case .judge(let messages, let refused): self = .judge(messages.dropLast(), refused)
      case .send(let messages): self = .send(messages.dropLast())
      }
    }
  }
}

extension OutgoingMessage {
  /// What is recorded once the server refused the message, and each mended copy of it.
  func refusals(_ reason: String) -> [PushEvent] {
    [.refused(original, reason: mended?.copy.reason ?? reason)]
      + (mended?.tried ?? []).map { .refused($0, reason: reason) }
  }

  /// What is told of that.
  func words(_ reason: String) -> String {
    guard let mended else { return PushReporter.words(reason) }
    return PushReporter.words(mended.copy.reason) + "; so it did with a mended copy: " + reason
  }
}
