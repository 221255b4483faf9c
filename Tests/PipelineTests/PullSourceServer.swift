import Glibc
import Mail
import Synchronization
import TestSupport

/// An IMAP server for tests that does what no real one can be brought to do: it holds mailboxes in
/// memory, offers only what it is told to, and misbehaves where it is told to.
final class SourceServer: Sendable {
  struct Message: Sendable {
    var uid: UInt32
    var body: [UInt8]
    var flags: [String] = []
    /// As in INTERNALDATE; nil leaves it out.
    var date: String? = "14-Nov-2023 22:13:20 +0000"
    var modSeq: UInt64 = 1
  }

  struct Mailbox: Sendable {
    var uidValidity: UInt32 = 1
    var uidNext: UInt32 = 1000
    /// Nil: the mailbox keeps no modification sequences.
    var highestModSeq: UInt64?
    var messages: [Message] = []
    var vanished: [UInt32] = []
    /// What EXAMINE and STATUS say; nil is the truth.
    var claimed: Int?

    var count: Int { claimed ?? messages.count }
  }

  enum Quirk: Sendable, Equatable {
    /// Closes the connection in the middle of the content.
    case drops
    /// FETCH of the content leaves the message out.
    case leavesOut
    /// The content is NIL.
    case givesNIL
    /// The content is an empty quoted string.
    case givesEmpty
    /// FETCH ends with NO as soon as the message is asked for.
    case refuses
    /// The same, and already when its size is asked for.
    case refusesSize
    /// No FETCH answers with it; only SEARCH does.
    case hides
    /// FETCH of the content tells the flags in a response of their own.
    case splitsFlags
    /// No FETCH tells the flags.
    case keepsFlags
    /// Says BYE where FETCH of the content would tell of the message, and closes.
    case saysBye
    /// Falls silent in the middle of the content, until the client leaves.
    case stalls
  }

  struct State: Sendable {
    var mailboxes: [String: Mailbox] = [:]
    var capabilities = "IMAP4rev1"
    var quirks: [UInt32: Quirk] = [:]
    /// How often a quirk shows; nil is for ever.
    var quirkCount: Int?
    var refusesLogin = false
    /// Mailboxes that STATUS says nothing of.
    var refusesStatus: Set<String> = []
    /// What STATUS leaves out.
    var statusLacks: String?
    /// What happens, once, before a FETCH of content ends; gives the untagged responses that tell it.
    var duringFetch: (@Sendable (inout State) -> String)?
    /// What happens before a FETCH of content from the mailbox of that name, until it says that it did.
    var beforeFetch: (@Sendable (inout State, String) -> Bool)?
    /// Mailboxes that can't be opened.
    var refusesExamine: Set<String> = []
    /// What a refused EXAMINE or STATUS is answered.
    var refusal = "NO none"
    /// What is said unasked, in an open mailbox, before each response.
    var noise: @Sendable (State, String) -> String = { _, _ in "" }
    /// Whether a FETCH response tells the content first and the UID last.
    var tellsUIDLast = false
    /// How the section of header fields is written in answers.
    var headerSection = "HEADER.FIELDS (X)"
    /// How many further pairs of FETCHes of content are answered at the same time, the second one's end
    /// first.
    var interleaves = 0
    /// Whether STATUS is answered when all mailboxes have been asked for, the last one first.
    var reversesStatus = false
    /// Everything is sent in pieces of so many octets with a pause between them; nil is as a whole.
    var pieces: (octets: Int, microseconds: UInt32)?
    /// After so many further connections there is no other; nil is never.
    var connectionsLeft: Int?
    /// How many further EXAMINE end the connection.
    var dropsExamine = 0
    /// Whether no EXAMINE works any more after `Quirk.drops`.
    var diesOfDrops = false
    var connections = 0
    var lines: [String] = []
    /// What stands before the answer to NOOP.
    var news = ""
    /// What the next commands of these names are answered instead; `FETCH` is one of content.
    var answers: [String: [String]] = [:]
    /// Called, outside of any lock, when content of the mailbox of that name is asked for; false ends the
    /// connection.
    var onFetch: @Sendable (String) -> Bool = { _ in true }

    mutating func passBeforeFetch(of mailbox: String) {
      let happens = beforeFetch
      if happens?(&self, mailbox) == true { beforeFetch = nil }
    }

    mutating func takeDuringFetch() -> String {
      let happens = duringFetch
      duringFetch = nil
      return happens?(&self) ?? ""
    }
  }

  let port: UInt16
  /// Who is let in.
  let crowd = Crowd()
  private let listener: Int32
  private let state = Mutex(State())

  init(_ change: (inout State) -> Void) throws {
    (listener, port) = try listenOnLoopback()
    state.withLock { change(&$0) }
    let listener = listener
    try startThread { [weak self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0, let self else { break }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        var one: Int32 = 1
        setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        try? startThread { SourceSession(server: self, descriptor: client).serve() }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// Nothing listens any more.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
    state.withLock { body(&$0) }
  }

  var lines: [String] { state.withLock { $0.lines } }
}
