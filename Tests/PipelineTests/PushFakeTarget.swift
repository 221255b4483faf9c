import Glibc
import Synchronization
import TestSupport

/// A small IMAP server that keeps mail in memory and misbehaves as a test tells it.
final class FakeTarget: Sendable {
  struct Message: Sendable, Equatable {
    var uid: UInt32
    var flags: [String]
    var date: String?
    var body: [UInt8]

    var subject: String {
      let text = String(decoding: body, as: UTF8.self)
      let line = text.split(separator: "\r\n").first { $0.hasPrefix("Subject: ") }
      return line.map { String($0.dropFirst(9)) } ?? ""
    }
  }

  struct Mailbox: Sendable {
    var uidValidity: UInt32 = 7
    var uidNext: UInt32 = 1
    var messages: [Message] = []
    var use: String?
    var isSubscribed = false
  }

  /// One APPEND of a client.
  struct Append: Sendable {
    let mailbox: String
    /// Counted from 1 over all connections.
    let number: Int
    let messages: [Message]
  }

  /// What FETCH does with the header fields of a message: tells them, says NIL, leaves them out, or
  /// leaves out the whole message.
  enum Header: Sendable { case told, isNil, isLeftOut, hidesMessage }

  /// What becomes of an APPEND.
  enum Verdict: Sendable {
    /// All is stored and said so, as UIDPLUS has it where that is offered.
    case store
    /// All is stored, and this is the code of the OK; none if empty.
    case storeSaying(code: String)
    /// Equal messages become one, and the OK says under which UID.
    case collapse
    /// So many are stored, and this is what is said.
    case say(String, keep: Int)
    /// So many are stored, and the connection ends, with BYE or without.
    case close(keep: Int, bye: Bool)
    /// So many are stored, and nothing is said until the client leaves.
    case stall(keep: Int)
  }

  /// When a connection ends: before a command is carried out, or before it is answered.
  enum Cut: Sendable { case before, after }

  /// When something is said that nobody asked for.
  enum Moment: Sendable {
    /// Before the `+` that asks for a literal, and before the literal itself is read.
    case beforeContinuation, beforeLiteral
    /// Before an APPEND is answered that came in whole.
    case beforeAnswer
    /// Before a FETCH response.
    case beforeFetched
  }

  /// How the server behaves; it may change while it runs.
  struct Behaviour: Sendable {
    var capabilities: String
    var permanentFlags: String? = #"(\Answered \Flagged \Deleted \Seen \Draft \*)"#
    /// What the next commands of these names are answered instead.
    var answers: [String: [String]] = [:]
    var append: @Sendable (Append) -> Verdict = { _ in .store }
    /// Whether the answer to an APPEND is kept until one has come in whole whose answer is not.
    ///
    /// Where a connection ends meanwhile no further one is kept, so that a test fails soon.
    var holds: @Sendable (Append) -> Bool = { _ in false }
    /// Whether answers that were kept come the last one first.
    var answersBackwards = false
    /// What the server makes of a message that it stores.
    var kept: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    /// What a synchronising literal of that size is answered with instead of `+`; also a place to do
    /// things while the client waits.
    var literal: @Sendable (Int) -> String? = { _ in nil }
    /// Whether the connection ends in the middle of a message of the APPEND with this number.
    var breaksLiteral: @Sendable (Int) -> Bool = { _ in false }
    /// What a message is answered with as soon as its line is seen, its literal unread.
    var atOnce: @Sendable (String) -> String? = { _ in nil }
    var tellsUIDNext = true
    /// What a SUBSCRIBE is answered with if it is not carried out; `OK` loses it.
    var subscribe: @Sendable (String) -> String? = { _ in nil }
    /// What happens before a STATUS is answered.
    var status: @Sendable (FakeTarget) -> Void = { _ in }
    /// What GETQUOTAROOT is answered with: lines, and how the command ends.
    var quota: @Sendable (String) -> [String] = { _ in ["BAD what is that"] }
    /// What the server calls itself where it offers ID.
    var name: String?
    /// The connections at a time beyond which it greets with BYE.
    var mostConnections = Int.max
    /// Whether mailboxes can be deleted.
    var deletes = true
    /// Whether names that differ only in case are one.
    var ignoresCase = false
    /// How many messages SEARCH finds at most.
    var mostSearched = Int.max
    /// How many messages FETCH tells of at most.
    var mostFetched = Int.max
    /// What FETCH does with the header fields of a message.
    var header: @Sendable (Message) -> Header = { _ in .told }
    /// What a MOVE with these words is answered with, if not with OK.
    var move: @Sendable (String) -> String? = { _ in nil }
    /// What a STORE with these words is answered with.
    var store: @Sendable (String) -> String = { _ in "OK" }
    /// What a UID EXPUNGE with these words is answered with, if it is not carried out; `OK` loses it.
    var expunge: @Sendable (String) -> String? = { _ in nil }
    /// Whether the connection ends at a UID command with these words, and when.
    var cut: @Sendable (String) -> Cut? = { _ in nil }
    /// The date under which a message is kept that comes with this one.
    var keptDate: @Sendable (String?) -> String? = { $0 }

    /// What a command about this mailbox is answered, if it is not carried out.
    var refuse: @Sendable (_ command: String, _ mailbox: String) -> String? = { _, _ in nil }
    /// The untagged responses that are told unasked; BYE ends the connection.
    var unasked: @Sendable (Moment, FakeTarget) -> [String] = { _, _ in [] }
    /// Whether FETCH tells the content first and the UID last, and quotes the names of fields.
    var tellsUIDLast = false
    /// Everything is sent in pieces of so many octets with a pause between them; nil is as a whole.
    var pieces: (octets: Int, microseconds: UInt32)?

    /// What good servers offer.
    static let all = "UIDPLUS MULTIAPPEND LITERAL+ " + noExtras
    /// What every server offers that is easy to talk to.
    static let noExtras = "ENABLE UNSELECT ESEARCH BINARY CREATE-SPECIAL-USE SPECIAL-USE"
  }

  private struct State {
    var behaviour: Behaviour
    var mailboxes = ["INBOX": Mailbox()]
    var appends = 0
    var connections = 0
    var openConnections = 0
    var lines: [String] = []
    var isStopped = false
  }

  let port: UInt16
  /// Who is let in.
  let crowd = Crowd()
  private let listener: Int32
  private let state: Mutex<State>

  init(_ capabilities: String, _ change: (inout Behaviour) -> Void = { _ in }) throws {
    var behaviour = Behaviour(capabilities: capabilities)
    change(&behaviour)
    state = Mutex(State(behaviour: behaviour))
    (listener, port) = try listenOnLoopback()
    let socket = listener
    Self.thread { [weak self] in
      while true {
        let client = accept(socket, nil, nil)
        guard client >= 0 else { break }
        guard let self, !self.state.withLock(\.isStopped) else {
          close(client)
          break
        }
        let open = self.state.withLock { state in
          state.connections += 1
          state.openConnections += 1
          return state.openConnections
        }
        Self.thread {
          let isWelcome = open <= self.behaviour.mostConnections
          FakeTargetSession(self, client).serve(isWelcome)
          self.state.withLock { $0.openConnections -= 1 }
        }
      }
      close(socket)
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  private final class Work: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Runs the body on a thread of its own: the threads of Swift's shared pool may all be waiting for
  /// programs that talk to this server.
  private static func thread(_ body: @escaping @Sendable () -> Void) {
    let work = Unmanaged.passRetained(Work(body))
    var identifier = pthread_t()
    let status = pthread_create(
      &identifier, nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, work.toOpaque())
    if status == 0 { pthread_detach(identifier) } else { work.release() }
  }

  // MARK: For tests

  /// Changes how the server behaves.
  func change(_ change: (inout Behaviour) -> Void) { state.withLock { change(&$0.behaviour) } }

  /// The subjects in a mailbox, in order.
  func subjects(_ mailbox: String = "INBOX") -> [String] {
    messages(mailbox).map(\.subject)
  }

  func messages(_ mailbox: String = "INBOX") -> [Message] { self[mailbox]?.messages ?? [] }

  subscript(mailbox: String) -> Mailbox? {
    get { state.withLock { $0.mailboxes[mailbox] } }
    set { state.withLock { $0.mailboxes[mailbox] = newValue } }
  }

  /// The command lines so far, without literals.
  var lines: [String] { state.withLock(\.lines) }

  /// How many APPEND commands came so far.
  var appends: Int { state.withLock(\.appends) }

  /// How many connections there were so far, those that were sent away included.
  var connections: Int { state.withLock(\.connections) }

  // MARK: For sessions

  /// The name as a mailbox has it.
  func spelling(of name: String) -> String {
    guard behaviour.ignoresCase else { return name }
    return mailboxes.keys.first { $0.lowercased() == name.lowercased() } ?? name
  }

  var behaviour: Behaviour { state.withLock(\.behaviour) }
  var mailboxes: [String: Mailbox] { state.withLock(\.mailboxes) }

  func note(_ line: String) { state.withLock { $0.lines.append(line) } }

  func nextAppend() -> Int {
    state.withLock { state in
      state.appends += 1
      return state.appends
    }
  }

  func takeAnswer(_ command: String) -> String? {
    state.withLock { state in
      guard let answer = state.behaviour.answers[command]?.first else { return nil }
      state.behaviour.answers[command]?.removeFirst()
      return answer
    }
  }

  /// Moves messages; returns their old and their new UIDs.
  func move(from source: String, to destination: String, _ isMeant: (UInt32) -> Bool) -> (
    [UInt32], [UInt32]
  ) {
    let moved = messages(source).filter { isMeant($0.uid) }
    self[source]?.messages.removeAll { isMeant($0.uid) }
    return (moved.map(\.uid), store(moved, in: destination, collapsing: false))
  }

  /// Stores messages; returns their UIDs.
  ///
  /// With `collapsing` equal ones become one.
  func store(_ messages: [Message], in mailbox: String, collapsing: Bool) -> [UInt32] {
    state.withLock { state in
      messages.map { message in
        let old = state.mailboxes[mailbox]?.messages.first { $0.body == message.body }
        if collapsing, let old { return old.uid }
        var new = message
        new.body = state.behaviour.kept(message.body)
        new.date = state.behaviour.keptDate(message.date)
        new.uid = state.mailboxes[mailbox]?.uidNext ?? 0
        state.mailboxes[mailbox]?.messages.append(new)
        state.mailboxes[mailbox]?.uidNext += 1
        return new.uid
      }
    }
  }
}
