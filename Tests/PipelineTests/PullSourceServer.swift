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
        try? startThread { Session(server: self, descriptor: client).serve() }
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

/// One connection to the fake server.
private final class Session {
  private let server: SourceServer
  private let descriptor: Int32
  private var buffered: [UInt8] = []
  private var selected = ""
  private var enabled = false
  private let welcome: Crowd.Welcome
  private var hasLeft = false

  init(server: SourceServer, descriptor: Int32) {
    self.server = server
    self.descriptor = descriptor
    welcome = server.crowd.enter()
  }

  func serve() {
    defer {
      close(descriptor)
      leave()
    }
    let isRefused = server.change { state in
      state.connections += 1
      state.connectionsLeft = state.connectionsLeft.map { $0 - 1 }
      return (state.connectionsLeft ?? 0) < 0
    }
    switch welcome {
    case .bye:
      _ = send("* BYE too many\r\n")
      return
    case .closes: return
    case .staysSilent:
      _ = readLine()
      server.crowd.endSilence()
      return
    case .login, .welcome: break
    }
    if isRefused { return }
    guard send("* OK ready\r\n") else { return }
    while let line = readLine() {
      server.change { $0.lines.append(line) }
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard words.count >= 2 else { return }
      guard answer(words[0], words[1].uppercased(), words.count > 2 ? words[2] : "") else { return }
    }
  }

  private func answer(_ tag: String, _ command: String, _ rest: String) -> Bool {
    let state = server.change { $0 }
    let isContent = command == "UID" && rest.contains("BODY.PEEK[]")
    if isContent, !state.onFetch(selected) { return false }
    if let answer = takeAnswer(isContent ? "FETCH" : command) {
      return send("\(tag) \(answer)\r\n")
    }
    switch command {
    case "CAPABILITY":
      return send("* CAPABILITY \(state.capabilities)\r\n\(tag) OK done\r\n")
    case "LOGIN" where state.refusesLogin: return send("\(tag) NO wrong\r\n")
    case "ENABLE":
      enabled = true
      return send("* ENABLED \(rest)\r\n\(tag) OK done\r\n")
    case "LIST", "LSUB":
      for name in state.mailboxes.keys.sorted() {
        guard send("* \(command) () \"/\" \"\(name)\"\r\n") else { return false }
      }
      return send("\(tag) OK done\r\n")
    case "STATUS": return status(tag, rest, state)
    case "EXAMINE": return examine(tag, rest, state)
    case "UID": return uid(tag, rest)
    case "NOOP": return send("\(state.news)\(tag) OK done\r\n")
    case "LOGOUT":
      // Before anybody can know that there is room.
      leave()
      _ = send("* BYE bye\r\n\(tag) OK done\r\n")
      return false
    default: return send("\(tag) OK done\r\n")
    }
  }

  private func leave() {
    if welcome == .welcome, !hasLeft { server.crowd.leave() }
    hasLeft = true
  }

  private func takeAnswer(_ command: String) -> String? {
    if command == "LOGIN", let answer = server.crowd.logsIn(welcome) { return answer }
    return server.change { state in
      guard let answer = state.answers[command]?.first else { return nil }
      state.answers[command]?.removeFirst()
      return answer
    }
  }

  private func name(_ text: String) -> String {
    let name =
      text.first == "\"" ? text.dropFirst().prefix { $0 != "\"" } : text.prefix { $0 != " " }
    return String(name)
  }

  private func status(_ tag: String, _ rest: String, _ state: SourceServer.State) -> Bool {
    guard let mailbox = state.mailboxes[name(rest)], !state.refusesStatus.contains(name(rest))
    else { return send("\(tag) NO none\r\n") }
    let items = [
      ("MESSAGES", "\(mailbox.count)"), ("UIDNEXT", "\(mailbox.uidNext)"),
      ("UIDVALIDITY", "\(mailbox.uidValidity)"),
      ("HIGHESTMODSEQ", mailbox.highestModSeq.map { "\($0)" } ?? ""),
    ].filter { $0.0 != state.statusLacks && !$0.1.isEmpty }.map { "\($0.0) \($0.1)" }
    return send(
      "* STATUS \"\(name(rest))\" (\(items.joined(separator: " ")))\r\n\(tag) OK done\r\n")
  }

  private func examine(_ tag: String, _ rest: String, _ state: SourceServer.State) -> Bool {
    selected = name(rest)
    let drops = server.change { state in
      defer { state.dropsExamine = max(0, state.dropsExamine - 1) }
      return state.dropsExamine > 0
    }
    if drops { return false }
    guard let mailbox = state.mailboxes[selected], !state.refusesExamine.contains(selected) else {
      return send("\(tag) NO none\r\n")
    }
    let modSeq = mailbox.highestModSeq.map { "* OK [HIGHESTMODSEQ \($0)] x\r\n" } ?? ""
    return send(
      "* \(mailbox.count) EXISTS\r\n* OK [UIDVALIDITY \(mailbox.uidValidity)] x\r\n"
        + "* OK [UIDNEXT \(mailbox.uidNext)] x\r\n\(modSeq)\(tag) OK [READ-ONLY] done\r\n")
  }

  private func uid(_ tag: String, _ rest: String) -> Bool {
    let words = rest.split(separator: " ", maxSplits: 2).map(String.init)
    if rest.contains("BODY.PEEK[]") { server.change { $0.passBeforeFetch(of: selected) } }
    guard let mailbox = server.change({ $0.mailboxes[selected] }), words.count > 1 else {
      return false
    }
    if words[0].uppercased() == "SEARCH" {
      let uids = mailbox.messages.map { "\($0.uid)" }.joined(separator: " ")
      return send("* SEARCH \(uids)\r\n\(tag) OK done\r\n")
    }
    let items = words.count > 2 ? words[2] : ""
    var since: UInt64?
    if let range = items.firstRange(of: "CHANGEDSINCE ") {
      since = UInt64(items[range.upperBound...].prefix { $0.isNumber })
    }
    if items.contains("VANISHED"), !mailbox.vanished.isEmpty {
      let uids = mailbox.vanished.map { "\($0)" }.joined(separator: ",")
      guard send("* VANISHED (EARLIER) \(uids)\r\n") else { return false }
    }
    for (index, message) in mailbox.messages.enumerated() where contains(words[1], message.uid) {
      if let since, message.modSeq <= since { continue }
      if server.change({ $0.quirks[message.uid] }) == .hides { continue }
      switch fetch(index + 1, message, items) {
      case .went: continue
      case .closed: return false
      case .refused: return send("\(tag) NO [SERVERBUG] can't read it\r\n")
      }
    }
    if items.contains("BODY.PEEK[]"), !send(server.change { $0.takeDuringFetch() }) { return false }
    return send("\(tag) OK done\r\n")
  }

  private enum Outcome { case went, closed, refused }

  private func fetch(_ number: Int, _ message: SourceServer.Message, _ items: String) -> Outcome {
    let flags = "FLAGS (\(message.flags.joined(separator: " ")))"
    let known = server.change { $0.quirks[message.uid] }
    var parts = ["UID \(message.uid)"]
    switch known {
    case .keepsFlags: break
    case .splitsFlags where items.contains("BODY.PEEK[]"): break
    default: parts.append(flags)
    }
    if items.contains("INTERNALDATE"), let date = message.date {
      parts.append("INTERNALDATE \"\(date)\"")
    }
    if items.contains("RFC822.SIZE"), known == .refusesSize { return .refused }
    if items.contains("RFC822.SIZE") { parts.append("RFC822.SIZE \(message.body.count)") }
    let head = "* \(number) FETCH (" + parts.joined(separator: " ")
    if items.contains("HEADER.FIELDS") {
      let header = headerFields(message.body)
      return send("\(head) BODY[HEADER.FIELDS (X)] {\(header.count)}\r\n", header) ? .went : .closed
    }
    guard items.contains("BODY.PEEK[]") else { return send(head + ")\r\n") ? .went : .closed }
    switch quirk(of: message.uid) {
    case .leavesOut, .hides: return .went
    case .refuses, .refusesSize: return .refused
    case .givesNIL: return send(head + " BODY[] NIL)\r\n") ? .went : .closed
    case .givesEmpty: return send(head + " BODY[] \"\")\r\n") ? .went : .closed
    case .drops:
      server.change { if $0.diesOfDrops { $0.dropsExamine = .max } }
      _ = send("\(head) BODY[] {\(message.body.count)}\r\n")
      _ = sendBytes(Array(message.body.prefix(message.body.count / 2)))
      return .closed
    case nil, .keepsFlags, .splitsFlags:
      guard send("\(head) BODY[] {\(message.body.count)}\r\n", message.body) else { return .closed }
      guard known == .splitsFlags else { return .went }
      return send("* \(number) FETCH (UID \(message.uid) \(flags))\r\n") ? .went : .closed
    }
  }

  private func quirk(of uid: UInt32) -> SourceServer.Quirk? {
    server.change { state in
      guard let quirk = state.quirks[uid], state.quirkCount != 0 else { return nil }
      state.quirkCount = state.quirkCount.map { $0 - 1 }
      return quirk
    }
  }

  private func headerFields(_ body: [UInt8]) -> [UInt8] {
    let text = String(decoding: body, as: UTF8.self)
    let header = text.firstRange(of: "\r\n\r\n").map { text[..<$0.lowerBound] } ?? text[...]
    let wanted = ["message-id", "date", "from", "subject"]
    let lines = header.split(separator: "\r\n").filter { line in
      wanted.contains(line.prefix { $0 != ":" }.lowercased())
    }
    return Array((lines.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
  }

  private func contains(_ set: String, _ uid: UInt32) -> Bool {
    set.split(separator: ",").contains { range in
      let ends = range.split(separator: ":").map { UInt32($0) ?? .max }
      guard let first = ends.first, let last = ends.last else { return false }
      return (min(first, last)...max(first, last)).contains(uid)
    }
  }

  private func send(_ text: String, _ literal: [UInt8]? = nil) -> Bool {
    guard let literal else { return sendBytes(Array(text.utf8)) }
    return sendBytes(Array(text.utf8) + literal + Array(")\r\n".utf8))
  }

  private func sendBytes(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, 0x4000)
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private func readLine() -> String? {
    while true {
      if let end = buffered.firstIndex(of: 10) {
        let line = buffered[..<end].filter { $0 != 13 }
        buffered.removeFirst(end + 1)
        return String(decoding: line, as: UTF8.self)
      }
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      buffered += chunk[..<count]
    }
  }
}
