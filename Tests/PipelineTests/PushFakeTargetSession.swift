import Glibc
import TestSupport

/// One connection of the server.
final class FakeTargetSession {
  private let server: FakeTarget
  private let stream: FakeTargetStream
  private var selected = ""
  /// Whether nothing is answered any more.
  private var isMute = false
  /// Answers that are kept until a later APPEND has come.
  private var held: [String] = []
  private let welcome: Crowd.Welcome
  private var hasLeft = false

  init(_ server: FakeTarget, _ descriptor: Int32) {
    self.server = server
    stream = FakeTargetStream(descriptor)
    welcome = server.crowd.enter()
  }

  func serve(_ isWelcome: Bool) {
    defer {
      if !held.isEmpty { server.change { $0.holds = { _ in false } } }
      stream.close()
      leave()
    }
    guard isWelcome else { return say("* BYE [UNAVAILABLE] too many connections") }
    switch welcome {
    case .bye: return say("* BYE too many")
    case .closes: return
    case .staysSilent:
      _ = stream.readLine()
      server.crowd.endSilence()
      return
    case .login, .welcome: break
    }
    say("* OK ready")
    while let line = stream.readLine() {
      server.note(line)
      let words = line.split(separator: " ", maxSplits: 2).map { String($0) }
      guard words.count >= 2 else { return }
      guard perform(words[0], words[1].uppercased(), words.count > 2 ? words[2] : "") else {
        return
      }
    }
  }

  private func leave() {
    if welcome == .welcome, !hasLeft { server.crowd.leave() }
    hasLeft = true
  }

  /// False when the connection is over.
  private func perform(_ tag: String, _ command: String, _ rest: String) -> Bool {
    let login = command == "LOGIN" ? server.crowd.logsIn(welcome) : nil
    if let answer = login ?? server.takeAnswer(command)
      ?? server.behaviour.refuse(command, token(rest[...]).text)
    {
      say("\(tag) \(answer)")
      return true
    }
    switch command {
    case "CAPABILITY":
      say("* CAPABILITY IMAP4rev1 " + server.behaviour.capabilities)
    case "LIST":
      let pattern = token(token(rest[...]).rest).text
      for (name, mailbox) in server.mailboxes.sorted(by: { $0.key < $1.key })
      where pattern == "*" || server.spelling(of: pattern) == name {
        say("* LIST (\(mailbox.use ?? "")) \"/\" \"\(name)\"")
      }
    case "LSUB":
      for (name, mailbox) in server.mailboxes.sorted(by: { $0.key < $1.key })
      where mailbox.isSubscribed {
        say("* LSUB () \"/\" \"\(name)\"")
      }
    case "SUBSCRIBE":
      let name = token(rest[...]).text
      if let answer = server.behaviour.subscribe(name) {
        say("\(tag) \(answer)")
        return true
      }
      server[name]?.isSubscribed = true
    case "ID":
      say("* ID " + (server.behaviour.name.map { "(\"name\" \"\($0)\")" } ?? "NIL"))
    case "GETQUOTAROOT":
      let lines = server.behaviour.quota(token(rest[...]).text)
      for line in lines.dropLast() { say(line) }
      say("\(tag) \(lines.last ?? "OK")")
      return true
    case "STATUS": status(token(rest[...]).text)
    case "SELECT", "EXAMINE":
      guard select(token(rest[...]).text) else {
        say("\(tag) NO [NONEXISTENT] no such mailbox")
        return true
      }
    case "CREATE":
      let name = token(rest[...]).text
      guard server[server.spelling(of: name)] == nil else {
        say("\(tag) NO [ALREADYEXISTS] it is there")
        return true
      }
      let use = rest.split(separator: "(").last.map { String($0.prefix { $0 != ")" }) }
      server[name] = FakeTarget.Mailbox(use: rest.contains("(USE") ? use : nil)
    case "DELETE":
      guard server.behaviour.deletes else {
        say("\(tag) NO not now")
        return true
      }
      server[server.spelling(of: token(rest[...]).text)] = nil
    case "APPEND": return append(tag, rest)
    case "UNSELECT": selected = ""
    case "UID" where selected.isEmpty:
      say("\(tag) BAD UID Wrong state")
      return true
    case "UID":
      let cut = server.behaviour.cut(rest)
      if cut == .before { return false }
      isMute = cut == .after
      return uid(tag, rest) && cut == nil
    case "EXPUNGE", "CLOSE":
      server[selected]?.messages.removeAll { $0.flags.contains("\\Deleted") }
    case "LOGOUT":
      leave()
      say("* BYE")
      say("\(tag) OK bye")
      return false
    default: break
    }
    say("\(tag) OK done")
    return true
  }

  private func status(_ name: String) {
    server.behaviour.status(server)
    guard let mailbox = server[name] else { return }
    say(
      "* STATUS \"\(name)\" (MESSAGES \(mailbox.messages.count) "
        + (server.behaviour.tellsUIDNext ? "UIDNEXT \(mailbox.uidNext) " : "")
        + "UIDVALIDITY \(mailbox.uidValidity))")
  }

  private func select(_ asked: String) -> Bool {
    let name = server.spelling(of: asked)
    guard let mailbox = server[name] else { return false }
    selected = name
    say("* \(mailbox.messages.count) EXISTS")
    say("* OK [UIDVALIDITY \(mailbox.uidValidity)] x")
    if server.behaviour.tellsUIDNext { say("* OK [UIDNEXT \(mailbox.uidNext)] x") }
    if let flags = server.behaviour.permanentFlags { say("* OK [PERMANENTFLAGS \(flags)] x") }
    return true
  }

  // MARK: Messages

  private func uid(_ tag: String, _ rest: String) -> Bool {
    let words = rest.split(separator: " ", maxSplits: 2).map { String($0) }
    let mailbox = server[selected] ?? FakeTarget.Mailbox()
    switch words[0] {
    case "SEARCH":
      let uids = mailbox.messages.prefix(server.behaviour.mostSearched).map { "\($0.uid)" }
      if rest.contains("RETURN") {
        let all = uids.isEmpty ? "" : " ALL " + uids.joined(separator: ",")
        say("* ESEARCH (TAG \"\(tag)\") UID\(all)")
      } else {
        say("* SEARCH " + uids.joined(separator: " "))
      }
    case "FETCH":
      let told = mailbox.messages.prefix(server.behaviour.mostFetched)
      for (index, message) in told.enumerated() where matches(words[1], message.uid) {
        guard speak(.beforeFetched) else { return false }
        fetch(index + 1, message, words[2])
      }
    case "STORE":
      let answer = server.behaviour.store(rest)
      if answer.hasPrefix("OK") { store(words[1], words[2]) }
      say("\(tag) \(answer)")
      return true
    case "EXPUNGE":
      if let answer = server.behaviour.expunge(rest) {
        say("\(tag) \(answer)")
        return true
      }
      for (index, message) in mailbox.messages.enumerated().reversed()
      where matches(words[1], message.uid) && message.flags.contains("\\Deleted") {
        server[selected]?.messages.removeAll { $0.uid == message.uid }
        say("* \(index + 1) EXPUNGE")
      }
    case "MOVE":
      if let refusal = server.behaviour.move(rest) {
        say("\(tag) \(refusal)")
        return true
      }
      let name = token(words[2][...]).text
      let (old, new) = server.move(from: selected, to: name) { matches(words[1], $0) }
      if server.behaviour.capabilities.contains("UIDPLUS") {
        let sets = [old, new].map { $0.map { "\($0)" }.joined(separator: ",") }
        let validity = server[name]?.uidValidity ?? 0
        say("* OK [COPYUID \(validity) \(sets[0]) \(sets[1])] moved")
      }
      for uid in old { say("* \(uid) EXPUNGE") }
    default: break
    }
    say("\(tag) OK done")
    return true
  }

  private func matches(_ set: String, _ uid: UInt32) -> Bool {
    set.split(separator: ",").contains { part in
      let ends = part.split(separator: ":").map { $0 == "*" ? UInt32.max : UInt32($0) ?? 0 }
      return ends[0] <= uid && uid <= ends[ends.count - 1]
    }
  }

  private func fetch(_ number: Int, _ message: FakeTarget.Message, _ items: String) {
    var told = ["UID \(message.uid)"]
    if items.contains("FLAGS") { told.append("FLAGS (\(message.flags.joined(separator: " ")))") }
    if items.contains("INTERNALDATE"), let date = message.date {
      told.append("INTERNALDATE \"\(date)\"")
    }
    if items.contains("RFC822.SIZE") { told.append("RFC822.SIZE \(message.body.count)") }
    let text = "* \(number) FETCH (" + told.joined(separator: " ")
    guard items.contains("[") else { return say(text + ")") }
    var part = message.body
    if items.contains("HEADER.FIELDS") {
      switch server.behaviour.header(message) {
      case .told: break
      case .isNil:
        return say("\(text) BODY[HEADER.FIELDS (MESSAGE-ID DATE FROM SUBJECT)] NIL)")
      case .isLeftOut: return say(text + ")")
      case .hidesMessage: return
      }
      let end = part.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? part.count
      part = Array(part[..<end])
    }
    var section = String(
      items.split(separator: "[")[1].split(separator: "]", omittingEmptySubsequences: false)[0])
    guard server.behaviour.tellsUIDLast else {
      return send(
        Array("\(text) BODY[\(section)] {\(part.count)}\r\n".utf8) + part + Array(")\r\n".utf8))
    }
    if !section.isEmpty {
      section = "HEADER.FIELDS (\"MESSAGE-ID\" \"DATE\" \"FROM\" \"SUBJECT\")"
    }
    let rest = " " + told.reversed().joined(separator: " ") + ")\r\n"
    send(
      Array("* \(number) FETCH (BODY[\(section)] {\(part.count)}\r\n".utf8) + part
        + Array(rest.utf8))
  }

  private func store(_ set: String, _ change: String) {
    guard var mailbox = server[selected] else { return }
    let names = change.split(separator: "(")[1].dropLast().split(separator: " ").map { String($0) }
    for index in mailbox.messages.indices where matches(set, mailbox.messages[index].uid) {
      mailbox.messages[index].flags.removeAll { names.contains($0) }
      if change.hasPrefix("+") { mailbox.messages[index].flags += names }
    }
    server[selected] = mailbox
  }

  // MARK: APPEND

  private func append(_ tag: String, _ rest: String) -> Bool {
    let number = server.nextAppend()
    var (name, line) = token(rest[...])
    var messages: [FakeTarget.Message] = []
    while !line.isEmpty {
      if let refusal = server.behaviour.atOnce(String(line)) {
        // What follows is taken for commands.
        say("\(tag) \(refusal)")
        return true
      }
      var message = FakeTarget.Message(uid: 0, flags: [], date: nil, body: [])
      if line.first == "(" {
        let inner = line.dropFirst().prefix { $0 != ")" }
        message.flags = inner.split(separator: " ").map { String($0) }
        line = line.dropFirst(inner.count + 3)
      }
      if line.first == "\"" {
        let (date, after) = token(line)
        message.date = date
        line = after
      }
      guard let size = Int(line.filter(\.isNumber)) else { return false }
      if line.hasSuffix("}"), !line.hasSuffix("+}") {
        if let refusal = server.behaviour.literal(size) {
          say("\(tag) \(refusal)")
          return true
        }
        guard speak(.beforeContinuation) else { return false }
        say("+ go on")
      }
      guard speak(.beforeLiteral) else { return false }
      if server.behaviour.breaksLiteral(number) {
        _ = stream.read(size / 2)
        _ = server.store(messages, in: name, collapsing: false)
        return false
      }
      guard let body = stream.read(size), let more = stream.readLine() else { return false }
      message.body = body
      messages.append(message)
      line = more.drop { $0 == " " }
    }
    return finish(
      tag, FakeTarget.Append(mailbox: name, number: number, messages: messages))
  }

  /// Answers an APPEND that came in whole.
  private func finish(_ tag: String, _ append: FakeTarget.Append) -> Bool {
    guard speak(.beforeAnswer) else { return false }
    let verdict = server.behaviour.append(append)
    var kept = append.messages[...]
    switch verdict {
    case .say(_, let keep), .close(let keep, _), .stall(let keep): kept = kept.prefix(keep)
    default: break
    }
    var collapses = false
    if case .collapse = verdict { collapses = true }
    let uids = server.store(Array(kept), in: append.mailbox, collapsing: collapses)
    let validity = server[append.mailbox]?.uidValidity ?? 0
    let code = "APPENDUID \(validity) " + uids.map { "\($0)" }.joined(separator: ",")
    switch verdict {
    case .say(let text, _): held.append("\(tag) \(text)")
    case .close(_, let bye):
      if bye { say("* BYE that is it") }
      return false
    case .stall:
      while stream.readLine() != nil {}
      return false
    case .storeSaying(let code):
      held.append(code.isEmpty ? "\(tag) OK done" : "\(tag) OK [\(code)] done")
    case .store where !server.behaviour.capabilities.contains("UIDPLUS"):
      held.append("\(tag) OK done")
    case .store, .collapse: held.append("\(tag) OK [\(code)] done")
    }
    if server.behaviour.holds(append) { return true }
    if server.behaviour.answersBackwards { held.reverse() }
    for answer in held { say(answer) }
    held = []
    return true
  }

  // MARK: Bytes

  /// The first atom or quoted string and what comes after the space behind it.
  private func token(_ text: Substring) -> (text: String, rest: Substring) {
    if text.first == "\"" {
      let inner = text.dropFirst().prefix { $0 != "\"" }
      return (String(inner), text.dropFirst(inner.count + 3))
    }
    let atom = text.prefix { $0 != " " }
    return (String(atom), text.dropFirst(atom.count + 1))
  }

  /// Says what nobody asked for; false if that ends the connection.
  private func speak(_ moment: FakeTarget.Moment) -> Bool {
    let lines = server.behaviour.unasked(moment, server)
    for line in lines { say("* " + line) }
    return !lines.contains { $0.hasPrefix("BYE") }
  }

  private func say(_ line: String) {
    if isMute { return }
    send(Array((line + "\r\n").utf8))
  }

  private func send(_ bytes: [UInt8]) { stream.send(bytes, inPieces: server.behaviour.pieces) }
}
