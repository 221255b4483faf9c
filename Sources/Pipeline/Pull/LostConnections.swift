import Clients
import Mail
import Transport

/// Decides, whenever the connection is lost while messages are fetched, whether to go on without the one
/// that is to blame.
struct LostConnections {
  /// The message that may be to blame for the drop: none unless content was being fetched.
  var suspect: UID?
  private var receivedSinceDrop = false
  /// Drops in a row that brought no message, nor told which one is to blame.
  private var drops = 0
  private static let mostDrops = 10

  /// A message came whole.
  mutating func received() {
    receivedSinceDrop = true
    drops = 0
  }

  /// The connection was lost.
  ///
  /// - Parameters:
  ///   - error: how.
  ///   - window: how much is asked for at a time.
  /// - Returns: the message to give up, because the connection drops whenever the server is asked for it;
  ///   nil where all of them are tried again.
  /// - Throws: the error, if another connection would not help.
  mutating func judge(
    _ error: ClientError, _ window: inout FetchWindow
  ) throws(ClientError) -> UID? {
    guard error.isRetryable || error.isLostStream else { throw error }
    let verdict = window.dropped(at: suspect, progressed: receivedSinceDrop)
    suspect = nil
    receivedSinceDrop = false
    switch verdict {
    case .tryAgain:
      drops += 1
      guard drops <= Self.mostDrops else { throw error }
      return nil
    case .giveUp(let uid): return uid
    case .hopeless: throw error
    }
  }

  /// Why a message is given up.
  static let reason = "the connection drops whenever the server is asked for it"
}

extension ClientError {
  /// Whether the stream broke off, which may be one message's fault.
  fileprivate var isLostStream: Bool {
    switch self {
    case .transport(.connectionLost), .transport(.timedOut), .serverClosed: true
    default: false
    }
  }
}
