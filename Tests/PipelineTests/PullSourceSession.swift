import Glibc
import TestSupport

/// One connection to the fake server.
final class SourceSession {
  private let server: SourceServer
  private let descriptor: Int32
  private var buffered: [UInt8] = []
  private var selected = ""
  private var enabled = false
  /// STATUS commands that wait for their answer.
  private var waiting: [(tag: String, rest: String)] = []
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
    case "STATUS" where state.reversesStatus:
      waiting.append((tag, rest))
      guard waiting.count == state.mailboxes.count else { return true }
      defer { waiting = [] }
      return waiting.reversed().allSatisfy { status($0.tag, $0.rest, state) }
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
    else { return send("\(tag) \(state.refusal)\r\n") }
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
      return send("\(tag) \(state.refusal)\r\n")
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
    guard makeNoise() else { return false }
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
    var steps = steps(tag, words[1], mailbox, since: since)
    if items.contains("BODY.PEEK[]"), let partner = takePartner() {
      steps = interleaved(
        steps, self.steps(partner.tag, partner.set, mailbox, since: since))
    }
    for step in steps {
      guard makeNoise() else { return false }
      switch step {
      case .tell(let number, let message):
        switch fetch(number, message, items) {
        case .went: continue
        case .closed: return false
        case .refused: return send("\(tag) NO [SERVERBUG] can't read it\r\n")
        }
      case .end(let tag):
        if items.contains("BODY.PEEK[]"), !send(server.change({ $0.takeDuringFetch() })) {
          return false
        }
        guard send("\(tag) OK done\r\n") else { return false }
      }
    }
    return true
  }

  private enum Step {
    case tell(Int, SourceServer.Message)
    case end(String)
  }

  private func steps(
    _ tag: String, _ set: String, _ mailbox: SourceServer.Mailbox, since: UInt64?
  ) -> [Step] {
    let told = mailbox.messages.enumerated().filter { _, message in
      contains(set, message.uid) && message.modSeq > since ?? 0
        && server.change { $0.quirks[message.uid] } != .hides
    }
    return told.map { .tell($0 + 1, $1) } + [.end(tag)]
  }

  /// The FETCH of content that is on its way behind this one, where both are to be answered together.
  private func takePartner() -> (tag: String, set: String)? {
    let isWanted = server.change { state in
      defer { state.interleaves = max(0, state.interleaves - 1) }
      return state.interleaves > 0
    }
    guard isWanted, let line = readLine() else { return nil }
    server.change { $0.lines.append(line) }
    let words = line.split(separator: " ").map(String.init)
    return words.count > 3 ? (words[0], words[3]) : nil
  }

  /// Takes one step of each in turn; the second one begins.
  private func interleaved(_ first: [Step], _ second: [Step]) -> [Step] {
    var (first, second) = (first[...], second[...])
    var steps: [Step] = []
    while !first.isEmpty || !second.isEmpty {
      if let step = second.popFirst() { steps.append(step) }
      if let step = first.popFirst() { steps.append(step) }
    }
    return steps
  }

  private enum Outcome { case went, closed, refused }

  private func fetch(_ number: Int, _ message: SourceServer.Message, _ items: String) -> Outcome {
    let flags = "FLAGS (\(message.flags.joined(separator: " ")))"
    let state = server.change { $0 }
    let known = state.quirks[message.uid]
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
    func tell(_ section: String, _ content: [UInt8]) -> Bool {
      send(number, parts, section, content, isBackwards: state.tellsUIDLast)
    }
    if items.contains("HEADER.FIELDS") {
      return tell(state.headerSection, headerFields(message.body)) ? .went : .closed
    }
    if state.tellsUIDLast { parts.reverse() }
    let head = "* \(number) FETCH (" + parts.joined(separator: " ")
    guard items.contains("BODY.PEEK[]") else { return send(head + ")\r\n") ? .went : .closed }
    switch quirk(of: message.uid) {
    case .leavesOut, .hides: return .went
    case .refuses, .refusesSize: return .refused
    case .givesNIL: return send(head + " BODY[] NIL)\r\n") ? .went : .closed
    case .givesEmpty: return send(head + " BODY[] \"\")\r\n") ? .went : .closed
    case .saysBye:
      _ = send("* BYE the server is shut down\r\n")
      return .closed
    case .drops, .stalls:
      server.change { if $0.diesOfDrops { $0.dropsExamine = .max } }
      _ = send("\(head) BODY[] {\(message.body.count)}\r\n")
      _ = sendBytes(Array(message.body.prefix(message.body.count / 2)))
      if known == .stalls { while readLine() != nil {} }
      return .closed
    case nil, .keepsFlags, .splitsFlags:
      if state.tellsUIDLast { parts.reverse() }
      guard tell("", message.body) else { return .closed }
      guard known == .splitsFlags else { return .went }
      return send("* \(number) FETCH (UID \(message.uid) \(flags))\r\n") ? .went : .closed
    }
  }

  private func send(
    _ number: Int, _ parts: [String], _ section: String, _ content: [UInt8], isBackwards: Bool
  ) -> Bool {
    let literal = "BODY[\(section)] {\(content.count)}\r\n"
    guard isBackwards else {
      return send("* \(number) FETCH (\(parts.joined(separator: " ")) \(literal)", content)
    }
    let rest = " " + parts.reversed().joined(separator: " ") + ")\r\n"
    return sendBytes(Array("* \(number) FETCH (\(literal)".utf8) + content + Array(rest.utf8))
  }

  /// Says what nobody asked for.
  private func makeNoise() -> Bool {
    let state = server.change { $0 }
    return send(state.noise(state, selected))
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
    guard let pieces = server.change({ $0.pieces }) else { return sendAll(bytes, to: descriptor) }
    return stride(from: 0, to: bytes.count, by: pieces.octets).allSatisfy {
      usleep(pieces.microseconds)
      return sendAll(Array(bytes[$0..<min($0 + pieces.octets, bytes.count)]), to: descriptor)
    }
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
