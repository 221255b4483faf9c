/// What a client sent to a test's Dovecot after login, as the server itself recorded it.
extension Dovecot {
  /// The command lines of every session of a user so far, without literals, oldest session first.
  ///
  /// A literal stands as its announcement; what the command says behind it follows in the same
  /// element, so that `a1 APPEND x {3+}` and the rest are one line.
  package func transcript(of user: String) throws -> [String] {
    try sessions(of: user).flatMap { $0 }
  }

  /// The same, session by session.
  package func sessions(of user: String) throws -> [[String]] {
    let directory = home(of: user) + "/rawlog"
    return try listDirectory(directory).filter { $0.hasSuffix(".in") }.sorted().map {
      commandLines(in: recordedBytes(try readBytes(directory + "/" + $0)))
    }
  }

  /// The command names of every session of a user so far, upper case, with `UID` before its own.
  package func commands(of user: String) throws -> [String] {
    try transcript(of: user).compactMap { line in
      let words = line.split(separator: " ").map { $0.uppercased() }
      guard words.count > 1 else { return nil }
      return words[1] == "UID" && words.count > 2 ? "UID " + words[2] : words[1]
    }
  }
}

/// The bytes of a raw log without the time stamps that begin its lines.
func recordedBytes(_ log: [UInt8]) -> [UInt8] {
  var bytes: [UInt8] = []
  for line in log.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
    guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { continue }
    bytes += line[(space + 1)...]
    bytes.append(UInt8(ascii: "\n"))
  }
  return bytes
}

/// The commands in a client's bytes, each on one line without the octets of its literals.
func commandLines(in bytes: [UInt8]) -> [String] {
  var lines: [String] = []
  var current: [UInt8] = []
  var position = 0
  while let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) {
    var line = bytes[position..<end]
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    current += line
    position = end + 1
    if let octets = announcedLiteral(line) {
      position = min(bytes.count, position + octets)
    } else {
      lines.append(String(decoding: current, as: UTF8.self))
      current = []
    }
  }
  if !current.isEmpty { lines.append(String(decoding: current, as: UTF8.self)) }
  return lines
}

/// The size in `{12}`, `{12+}` or `{12-}` at the end of a line, RFC 9051 section 4.3.
func announcedLiteral(_ line: ArraySlice<UInt8>) -> Int? {
  guard line.last == UInt8(ascii: "}"), let open = line.lastIndex(of: UInt8(ascii: "{")) else {
    return nil
  }
  var digits = line[(open + 1)...].dropLast()
  if digits.last == UInt8(ascii: "+") || digits.last == UInt8(ascii: "-") { digits.removeLast() }
  return Int(String(decoding: digits, as: UTF8.self))
}

extension Dovecot {
  /// The command names of every POP3 session of a user that asks CAPA after the login.
  package func pop3Commands(of user: String) throws -> [String] {
    try sessions(of: user).filter { $0.first == "CAPA" }.joined()
      .map { $0.prefix { $0 != " " }.uppercased() }
  }
}
