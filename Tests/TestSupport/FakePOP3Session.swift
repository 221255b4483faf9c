import Glibc
import Platform

/// One connection to the fake POP3 server.
final class FakePOP3Session {
  private let server: FakePOP3Server
  private let descriptor: Int32
  private var buffered: [UInt8] = []
  private var user = ""
  private var left: Int?
  private var hasGathered = false

  init(server: FakePOP3Server, descriptor: Int32) {
    self.server = server
    self.descriptor = descriptor
  }

  func serve() {
    defer { close(descriptor) }
    let greeting = server.change { state in
      state.connections += 1
      if let limit = state.dropsAfter, state.drops != 0 {
        left = limit
        state.drops = state.drops.map { $0 - 1 }
      }
      return state.greeting
    }
    guard send(greeting + "\r\n") else { return }
    while let line = readLine() {
      let isEarly = !buffered.isEmpty
      server.change {
        $0.lines.append(line)
        $0.sawPipelining = $0.sawPipelining || isEarly
      }
      let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      guard answer(words[0].uppercased(), words) else { return }
    }
  }

  private func answer(_ command: String, _ words: [String]) -> Bool {
    let state = server.change { $0 }
    if state.withheld.contains(command) { return send("-ERR unknown command\r\n") }
    switch command {
    case "CAPA":
      guard let lines = state.capabilities else { return send("-ERR unknown command\r\n") }
      return send(listing(lines))
    case "STLS":
      _ = send("+OK begin\r\n" + state.behindSTLS)
      // What follows is a handshake, which this server knows nothing of.
      return false
    case "USER":
      user = words.dropFirst().joined(separator: " ")
      return send("+OK send PASS\r\n")
    case "PASS": return logIn(user, words.dropFirst().joined(separator: " ") == state.password)
    case "APOP": return apop(words, state)
    case "AUTH": return authenticate(words)
    case "STAT":
      let octets = state.messages.reduce(0) { $0 + $1.body.count }
      return send((state.statusAnswer ?? "+OK \(state.messages.count) \(octets)") + "\r\n")
    case "LIST":
      return send(
        listing(
          state.messages.enumerated().map { "\($0 + 1) \($1.announced ?? "\($1.body.count)")" }
            + state.extraLines))
    case "UIDL":
      return send(
        listing(state.messages.enumerated().map { "\($0 + 1) \($1.uidl)" } + state.extraLines))
    case "TOP", "RETR": return message(command, words, state)
    case "QUIT":
      _ = send("+OK bye\r\n")
      return false
    default: return send("+OK\r\n")
    }
  }

  private func listing(_ lines: [String]) -> String {
    "+OK\r\n" + lines.map { $0 + "\r\n" }.joined() + ".\r\n"
  }

  private func message(
    _ command: String, _ words: [String], _ state: FakePOP3Server.State
  ) -> Bool {
    if !hasGathered {
      hasGathered = true
      while buffered.count(where: { $0 == 10 }) + 1 < state.gathers {
        guard receive() else { return false }
      }
    }
    guard words.count > 1, let number = Int(words[1]),
      state.messages.indices.contains(number - 1)
    else { return send("-ERR no such message\r\n") }
    if let refusal = state.refused[number] { return send(refusal + "\r\n") }
    var body = state.messages[number - 1].body
    if command == "TOP" { body = header(of: body) }
    if !body.isEmpty, !body.suffix(2).elementsEqual([13, 10]) { body += [13, 10] }
    guard send("+OK \(body.count) octets\r\n") else { return false }
    return sendContent(doubled(body) + Array((".\r\n" + state.behindMessage).utf8))
  }

  private func header(of body: [UInt8]) -> [UInt8] {
    let end = Array("\r\n\r\n".utf8)
    let start = body.indices.first { body[$0...].starts(with: end) }
    return start.map { Array(body[..<($0 + 4)]) } ?? body
  }

  private func doubled(_ body: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for (index, byte) in body.enumerated() {
      if byte == UInt8(ascii: "."), index == 0 || body[index - 1] == 10 { result.append(byte) }
      result.append(byte)
    }
    return result
  }
}

// MARK: - Logins

extension FakePOP3Session {
  private func logIn(_ user: String, _ isRight: Bool) -> Bool {
    let answer = server.change {
      $0.loginAnswers.isEmpty ? nil : $0.loginAnswers.removeFirst()
    }
    if let answer { return send(answer + "\r\n") }
    return send(isRight && user == "ada" ? "+OK in\r\n" : "-ERR [AUTH] wrong\r\n")
  }

  private func apop(_ words: [String], _ state: FakePOP3Server.State) -> Bool {
    guard words.count == 3, let start = state.greeting.firstIndex(of: "<") else {
      return send("-ERR what\r\n")
    }
    let timestamp = state.greeting[start...].prefix { $0 != ">" } + ">"
    let digest = MD5.hexadecimal(of: Array((timestamp + state.password).utf8))
    return logIn(words[1], digest == words[2])
  }

  private func authenticate(_ words: [String]) -> Bool {
    let mechanism = words.dropFirst().first?.uppercased()
    var given = words.dropFirst(2).first
    func ask(_ question: String) -> String? {
      defer { given = nil }
      if let given { return given }
      guard send("+ \(question)\r\n"), let line = readLine() else { return nil }
      server.change { $0.lines.append(line) }
      return line
    }
    guard let first = ask(mechanism == "LOGIN" ? "VXNlcm5hbWU6" : "") else { return false }
    if mechanism == "PLAIN" {
      // "\0ada\0secret"
      return logIn("ada", first == "AGFkYQBzZWNyZXQ=")
    }
    guard let second = ask("UGFzc3dvcmQ6") else { return false }
    return logIn("ada", first == "YWRh" && second == "c2VjcmV0")
  }
}

// MARK: - Octets

extension FakePOP3Session {
  /// Sends octets of messages until the connection is to end.
  private func sendContent(_ bytes: [UInt8]) -> Bool {
    guard let room = left else { return sendPieces(bytes) }
    left = room - bytes.count
    guard room < bytes.count else { return sendPieces(bytes) }
    _ = sendPieces(Array(bytes.prefix(room)))
    if server.change({ $0.stalls }) { while readLine() != nil {} }
    return false
  }

  private func send(_ text: String) -> Bool { sendPieces(Array(text.utf8)) }

  private func sendPieces(_ bytes: [UInt8]) -> Bool {
    let state = server.change { $0 }
    guard let size = state.pieces else { return sendAll(bytes, to: descriptor) }
    return stride(from: 0, to: bytes.count, by: size).allSatisfy {
      usleep(state.pause)
      return sendAll(Array(bytes[$0..<min($0 + size, bytes.count)]), to: descriptor)
    }
  }

  private func readLine() -> String? {
    while true {
      if let end = buffered.firstIndex(of: 10) {
        let line = buffered[..<end].filter { $0 != 13 }
        buffered.removeFirst(end + 1)
        return String(decoding: line, as: UTF8.self)
      }
      guard receive() else { return nil }
    }
  }

  private func receive() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    buffered += chunk[..<count]
    return true
  }
}
