import Clients
import Mail
import Platform
import Protocols

/// Fetches messages from the selected mailbox, many with each command, the next command on its way
/// before the last one is answered.
struct FetchMessages {
  /// What became of the messages that were asked for.
  struct Result {
    /// Answered without content, or not at all, though the command ended.
    var leftOut = UIDSet()
    /// The server's words, where a FETCH ended with NO or BAD.
    var refusal: String?
  }

  /// More ranges than this in one command are more than some servers read.
  private static let mostRanges = 100
  private static let items: [FetchItem] = [.uid, .flags, .internalDate, .body]

  let connection: IMAPConnection
  let sink: DeliverMessages
  /// The flags that the mailbox's listing told, for a server that tells them apart from the content.
  let listed: [UID: Flags]
  /// Called with each message that came whole.
  let onMessage: (UID) -> Void

  /// Fetches, handing each whole message to the sink.
  ///
  /// - Parameters:
  ///   - uids: what to fetch.
  ///   - window: how much to ask for at a time.
  ///   - underWay: what a FETCH was asked for that has not ended yet; one of these messages may be to
  ///     blame where the connection drops.
  /// - Returns: what did not come though the server answered.
  /// - Throws: what the connection or the sink throws. What came whole until then is the sink's.
  func run(
    _ uids: UIDSet, window: inout FetchWindow, underWay: inout UIDSet
  ) throws -> Result {
    var result = Result()
    var asked = UIDSet()
    var chunks = uids.chunks(ofAtMost: window.count, ranges: Self.mostRanges)[...]
    var inFlight: [(tag: CommandTag, uids: UIDSet)] = []
    var busy: ClientError?
    let depth = window.mayPipeline ? 2 : 1
    while true {
      while inFlight.count < depth, let chunk = chunks.popFirst() {
        asked = asked.union(chunk)
        underWay = underWay.union(chunk)
        let tag = connection.send(
          .uidFetch(.set(chunk), Self.items, changedSince: nil, vanished: false))
        inFlight.append((tag, chunk))
      }
      guard !inFlight.isEmpty else { break }
      switch try connection.next() {
      case .bodyBegins: try sink.begin()
      case .bodyChunk(let range): try sink.write(connection.chunk(range))
      case .fetch(let response): try take(response, asked: asked, window: &window)
      case .malformed: sink.abandon()
      case .completed(let tag, let status, let text):
        for ended in inFlight where ended.tag == tag {
          underWay = underWay.subtracting(ended.uids)
        }
        inFlight.removeAll { $0.tag == tag }
        if status == .ok {
          window.answered()
        } else if text.asksForPatience {
          // What is under way is waited for: the connection goes on after the pause.
          chunks = []
          busy = .refused(command: "FETCH", status, text)
        } else {
          result.refusal = text.text
        }
      default: break
      }
    }
    if let busy { throw busy }
    result.leftOut = uids.subtracting(sink.received)
    return result
  }

  private func take(
    _ response: FetchResponse, asked: UIDSet, window: inout FetchWindow
  ) throws {
    switch response.body {
    // Flags that changed meanwhile: the next run sees them.
    case .none, .nilValue: return
    // Some servers say so of a message that they can't read: only its size tells.
    case .streamed(size: 0): return sink.abandon()
    case .inline(let bytes) where bytes.isEmpty: return
    case .streamed: break
    case .inline(let bytes):
      try sink.begin()
      try bytes.span.bytes.withUnsafeBytes { try sink.write($0) }
    }
    // Some servers answer with messages nobody asked for, or twice.
    guard let uid = response.uid, asked.contains(uid), !sink.received.contains(uid) else {
      sink.abandon()
      return
    }
    try sink.finish(uid, flags: response.flags ?? listed[uid], date: response.internalDate)
    window.received()
    onMessage(uid)
  }
}
