import Clients
import Mail
import Protocols

/// Decides what follows from a refused APPEND.
///
/// Only what the server may mean of a single message is sent again in smaller parts; what concerns the
/// mailbox or the account stops it.
final class ResolveRefusals {
  enum Part {
    case send([OutgoingMessage])
    case refuse(OutgoingMessage, reason: String)
  }

  let digester: DigestMessages
  /// The longest that the server took for a batch so far, in seconds.
  var slowestBatch = 0.0
  /// Waits for as long as a server that is busy should be left alone; false when that was often enough.
  private let pause: () throws -> Bool
  let onRefused: (OutgoingMessage, String) -> Void
  let onReduced: (OutgoingMessage, Reduction) -> Void

  /// What a message was sent without, because the server refused it with it.
  enum Reduction { case keywords, internalDate }

  init(
    digester: DigestMessages, pause: @escaping () throws -> Bool,
    onRefused: @escaping (OutgoingMessage, String) -> Void,
    onReduced: @escaping (OutgoingMessage, Reduction) -> Void
  ) {
    self.digester = digester
    self.pause = pause
    self.onRefused = onRefused
    self.onReduced = onReduced
  }

  /// The parts in which refused messages are to be sent again, or given up, in order.
  ///
  /// - Throws: a `Failure` of the mailbox where nothing more can be appended to it.
  func parts(
    of messages: [OutgoingMessage], _ status: CompletionStatus, _ text: ResponseText
  ) throws -> [Part] {
    guard let first = messages.first else { return [] }
    let refusal = ClientError.refused(command: "APPEND", status, text)
    switch text.code {
    case .overQuota, .noPerm, .tryCreate, .nonExistent, .readOnly:
      throw Failure(refusal, scope: .mailbox)
    case let code? where code.isTemporary:
      guard try pause() else { throw Failure(refusal, scope: .mailbox) }
      return [.send(messages)]
    default: break
    }
    if messages.count > 1 {
      let middle = messages.count / 2
      return [.send(Array(messages[..<middle])), .send(Array(messages[middle...]))]
    }
    var reduced = first
    if !first.flags.keywords.isEmpty {
      reduced.flags.keywords = []
      onReduced(first, .keywords)
      return [.send([reduced])]
    }
    if first.internalDate != nil, first.content.size > 0, mayMeanDate(text, status) {
      reduced.internalDate = nil
      onReduced(first, .internalDate)
      return [.send([reduced])]
    }
    return [.refuse(first, reason: text.text)]
  }

  /// A server that finds fault with the command itself, or speaks of a date.
  private func mayMeanDate(_ text: ResponseText, _ status: CompletionStatus) -> Bool {
    status == .bad || text.text.lowercased().contains("date")
  }
}
