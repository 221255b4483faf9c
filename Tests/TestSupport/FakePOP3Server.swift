import Glibc
import Synchronization

/// A POP3 server for tests that does what no real one can be brought to do: it holds a mailbox in
/// memory, offers only what it is told to, and misbehaves where it is told to.
///
/// Without TLS: it accepts STLS, and whatever follows is up to the client.
package final class FakePOP3Server: Sendable {
  /// A message of the mailbox.
  package struct Message: Sendable {
    /// Its octets on the wire before dots are doubled; without a final CRLF it gets one.
    package var body: [UInt8]
    /// What UIDL says of it.
    package var uidl: String
    /// What LIST says of its size; nil is the truth.
    package var announced: String?

    /// A message of these octets.
    package init(_ body: String, uidl: String, announced: String? = nil) {
      self.body = Array(body.utf8)
      self.uidl = uidl
      self.announced = announced
    }
  }

  /// How the server behaves, and what it saw.
  package struct State: Sendable {
    /// The first line.
    package var greeting = "+OK ready"
    /// What CAPA says; nil is that it is refused.
    package var capabilities: [String]? = ["USER", "TOP", "UIDL", "PIPELINING"]
    /// The password; the user is `ada`.
    package var password = "secret"
    /// What the next logins are answered, before the password counts.
    package var loginAnswers: [String] = []
    /// The messages, number 1 first.
    package var messages: [Message] = []
    /// Commands that are refused, by their name.
    package var withheld: Set<String> = []
    /// What RETR and TOP of a message are answered, by its number.
    package var refused: [Int: String] = [:]
    /// What STAT is answered; nil is the truth.
    package var statusAnswer: String?
    /// Lines of LIST and UIDL beside the true ones.
    package var extraLines: [String] = []
    /// After so many octets of messages a connection ends; nil is never.
    package var dropsAfter: Int?
    /// How many connections end so; nil is all.
    package var drops: Int?
    /// Whether a connection that would end so falls silent instead, until the client leaves.
    package var stalls = false
    /// What stands right behind each message.
    package var behindMessage = ""
    /// What stands right behind the answer to STLS.
    package var behindSTLS = ""
    /// Everything is sent in pieces of so many octets; nil is as a whole.
    package var pieces: Int?
    /// Microseconds before each of the pieces.
    package var pause: UInt32 = 0
    /// The first RETR or TOP is not answered before so many of them have come.
    package var gathers = 1
    /// How many connections there were.
    package var connections = 0
    /// The commands, in order, those of all connections.
    package var lines: [String] = []
    /// Whether a command came before the one before was answered.
    package var sawPipelining = false
  }

  /// The port on 127.0.0.1.
  package let port: UInt16
  private let listener: Int32
  private let state = Mutex(State())

  /// Starts a server that behaves as the closure says.
  package init(_ change: (inout State) -> Void) throws {
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
        try? startThread { FakePOP3Session(server: self, descriptor: client).serve() }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// Changes or reads how the server behaves and what it saw.
  package func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
    state.withLock { body(&$0) }
  }

  /// The commands so far.
  package var lines: [String] { change { $0.lines } }

  /// The names of the commands so far, in upper case.
  package var commands: [String] {
    lines.map { $0.prefix { $0 != " " }.uppercased() }
  }
}
