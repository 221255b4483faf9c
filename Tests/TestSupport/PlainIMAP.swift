import Glibc

/// A small blocking IMAP client that shares no code with mailarc's own, to fill and read accounts.
///
/// Mailbox names are what stands on the wire, in modified UTF-7 and with the server's separator.
package final class PlainIMAP {
  private let descriptor: Int32
  private var buffered: [UInt8] = []
  private var start = 0
  private var commandCount = 0

  /// Connects to 127.0.0.1 and logs in.
  package init(port: UInt16, user: String, password: String) throws {
    descriptor = try connectToLoopback(port: port)
    _ = try readResponse()
    try command("LOGIN \(quoted(user)) \(quoted(password))")
  }

  deinit { close(descriptor) }

  /// Sends a command and returns the untagged responses; throws what a NO or BAD says.
  @discardableResult
  package func command(_ text: String, literal: [UInt8]? = nil) throws -> [[PlainValue]] {
    commandCount += 1
    let tag = "p\(commandCount)"
    var responses: [[PlainValue]] = []
    try send(Array("\(tag) \(text)\r\n".utf8))
    var unsent = literal
    while true {
      let response = try readResponse()
      switch response.first?.text {
      case "+":
        try send((unsent ?? []) + Array("\r\n".utf8))
        unsent = nil
      case tag:
        responses.append(response)
        if response.dropFirst().first?.text == "OK" { return responses }
        throw TestSetupError("\(text.prefix(200)): \(response.map(\.text).joined(separator: " "))")
      default: responses.append(response)
      }
    }
  }

  /// Creates a mailbox.
  package func create(_ mailbox: String) throws { try command("CREATE \(quoted(mailbox))") }

  /// Subscribes to a mailbox.
  package func subscribe(_ mailbox: String) throws { try command("SUBSCRIBE \(quoted(mailbox))") }

  /// Appends a message in wire form.
  package func append(
    _ message: [UInt8], to mailbox: String, flags: [String] = [], date: Int? = nil
  ) throws {
    let when = date.map { " " + quoted(imapDate($0)) } ?? ""
    try command(
      "APPEND \(quoted(mailbox)) (\(flags.joined(separator: " ")))\(when) {\(message.count)}",
      literal: message)
  }

  /// Selects a mailbox for changes.
  package func select(_ mailbox: String) throws { try command("SELECT \(quoted(mailbox))") }

  /// Changes the flags of messages of the selected mailbox, as in `store("1:3", "+FLAGS (\\Seen)")`.
  package func store(_ uids: String, _ change: String) throws {
    try command("UID STORE \(uids) \(change)")
  }

  /// Removes the messages of the selected mailbox that carry `\Deleted`.
  package func expunge() throws { try command("EXPUNGE") }

  /// Moves messages of the selected mailbox to another one.
  package func move(_ uids: String, to mailbox: String) throws {
    try command("UID MOVE \(uids) \(quoted(mailbox))")
  }

  /// Everything in a mailbox, in the order of its UIDs, read without changing anything.
  package func messages(in mailbox: String) throws -> [PlainMessage] {
    let told = try command("EXAMINE \(quoted(mailbox))")
    // Some servers refuse a range of nothing.
    guard !told.contains(where: { $0.dropFirst().map(\.text) == ["0", "EXISTS"] }) else {
      return []
    }
    return try command("UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])")
      .compactMap { try PlainMessage($0) }.sorted { $0.uid < $1.uid }
  }

  private func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw TestSystemError("send", "IMAP server") }
      sent += count
    }
  }

  /// Reads one response with all its literals.
  private func readResponse() throws -> [PlainValue] {
    var parser = PlainResponseParser()
    while true {
      let line = try readLine()
      guard let octets = announcedLiteral(line[...]) else {
        parser.add(line)
        return parser.values
      }
      var before = Array(line[..<(line.lastIndex(of: UInt8(ascii: "{")) ?? line.endIndex)])
      // A literal8, as Cyrus sends what holds NUL (RFC 3516).
      if before.last == UInt8(ascii: "~") { before.removeLast() }
      parser.add(before)
      parser.addLiteral(try read(octets))
    }
  }

  private func readLine() throws -> [UInt8] {
    var searched = start
    while true {
      if let end = buffered[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return Array(buffered[start..<max(start, end - 1)])
      }
      searched = buffered.count - start
      try fill()
    }
  }

  private func read(_ count: Int) throws -> [UInt8] {
    while buffered.count - start < count { try fill() }
    defer { start += count }
    return Array(buffered[start..<start + count])
  }

  private func fill() throws {
    buffered.removeFirst(start)
    start = 0
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { throw TestSetupError("the IMAP server closed the connection") }
    buffered += chunk[..<count]
  }
}

/// A quoted string, RFC 9051 section 9.
private func quoted(_ text: String) -> String {
  let escaped = text.flatMap { $0 == "\\" || $0 == "\"" ? ["\\", $0] : [$0] }
  return "\"" + String(escaped) + "\""
}
