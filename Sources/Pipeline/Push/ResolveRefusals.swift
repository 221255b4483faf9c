import Clients
import Mail
import Platform
import Protocols

/// Decides what follows from a refused APPEND.
///
/// Only what the server may mean of a single message is sent again in smaller parts; what concerns the
/// mailbox or the account stops it.
final class ResolveRefusals {
  enum Part {
    case send([OutgoingMessage])
    /// Without a code the server may mean something else than the message.
    case refuse(OutgoingMessage, reason: String, hasCode: Bool)
  }

  private let side: ArchiveSide
  private let server: AccountConnection
  let mender: MendRefused
  private let create: () throws -> Void
  private let earlyDates: EarlyDates
  private var patience: Patience
  private let hasTwin: (OutgoingMessage) -> Bool
  private var hasCreated = false

  /// - Parameters:
  ///   - side: where the messages are.
  ///   - retry: how often and how long a server that is busy is waited for.
  ///   - server: the connection, whose interruption ends a wait.
  ///   - mender: makes copies that the server may take.
  ///   - earlyDates: gets told which message is sent without such a date.
  ///   - hasTwin: whether the target has an equal message.
  ///   - create: makes the mailbox, which turned out to be missing.
  init(
    side: ArchiveSide, retry: RetryPolicy, server: AccountConnection, mender: MendRefused,
    earlyDates: EarlyDates, hasTwin: @escaping (OutgoingMessage) -> Bool,
    create: @escaping () throws -> Void
  ) {
    self.hasTwin = hasTwin
    self.create = create
    self.earlyDates = earlyDates
    self.side = side
    self.server = server
    self.mender = mender
    patience = Patience(retry)
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
    // What RFC 5530 calls a limit may be a message's own: that of its keywords, or of equal messages.
    case .limit where messages.count > 1: break
    case .limit where hasTwin(first):
      return [.refuse(first, reason: text.text, hasCode: true)]
    case .limit:
      if try hasWaited(for: refusal) { return [.send(messages)] }
    case let code where code?.isTemporary == true || text.asksForPatience:
      guard try hasWaited(for: refusal) else { throw Failure(refusal, scope: .mailbox) }
      return [.send(messages)]
    case .overQuota, .noPerm, .readOnly: throw Failure(refusal, scope: .mailbox)
    case .tryCreate, .nonExistent:
      if !hasCreated {
        hasCreated = true
        try create()
        return [.send(messages)]
      }
      // Some servers say TRYCREATE of a message that they can't take.
      if text.code == .nonExistent { throw Failure(refusal, scope: .mailbox) }
    default: break
    }
    if messages.count > 1 {
      let middle = messages.count / 2
      return [.send(Array(messages[..<middle])), .send(Array(messages[middle...]))]
    }
    if !first.flags.keywords.isEmpty {
      let text = "\(path(first)) was refused with its keywords"
      return [.send([first.reduced(.flagsNotKept, text) { $0.flags.keywords = [] }])]
    }
    if let date = first.internalDate, first.content.size > 0, mayMean(date, text, status) {
      if date.isEarly { earlyDates.sendsWithout(first.original) }
      let text = "\(path(first)) was refused with its date"
      return [.send([first.reduced(.datesNotKept, text) { $0.internalDate = nil }])]
    }
    if let copy = try mender.next(after: first, reason: text.text) { return [.send([copy])] }
    return [.refuse(first, reason: text.text, hasCode: ![nil, .limit].contains(text.code))]
  }

  /// Waits until the server may do it; false where it was waited for often enough.
  private func hasWaited(for refusal: ClientError) throws(ClientError) -> Bool {
    do throws(ClientError) {
      try server.wait(after: refusal, &patience)
      return true
    } catch {
      if error.endsConnection { throw error }
      return false
    }
  }

  private func path(_ message: OutgoingMessage) -> String {
    side.path(of: side.messages[message.place])
  }

  /// A server that finds fault with the command itself, or speaks of a date; or a date from before
  /// 1970, which some servers refuse with words that say nothing.
  private func mayMean(
    _ date: InternalDate, _ text: ResponseText, _ status: CompletionStatus
  ) -> Bool {
    status == .bad || text.text.lowercased().contains("date") || date.isEarly
      || mender.mayMean(date, now: WallClock.now)
  }
}
