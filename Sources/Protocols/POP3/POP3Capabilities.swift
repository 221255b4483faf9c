/// A line of what a POP3 server says that it can do (RFC 2449, section 5).
package struct POP3Capability: Hashable, Sendable {
  /// The name, in upper case.
  package let name: String
  /// What follows it.
  package let arguments: [String]

  /// Takes a name in any case.
  package init(_ name: String, arguments: [String] = []) {
    self.name = name.uppercased()
    self.arguments = arguments
  }

  /// Reads a line; nil if it is empty.
  init?(line: some Collection<UInt8>) {
    let words = line.split { $0 == 0x20 || $0 == 0x09 }.map {
      String(decoding: $0, as: UTF8.self)
    }
    guard let name = words.first else { return nil }
    self.init(name, arguments: Array(words.dropFirst()))
  }
}

/// What a POP3 server said it can do.
package struct POP3Capabilities: Hashable, Sendable {
  private let arguments: [String: [String]]

  /// Takes what was announced together; what stands in two lines counts with the arguments of both.
  package init(_ lines: some Sequence<POP3Capability>) {
    arguments = lines.reduce(into: [:]) { $0[$1.name, default: []] += $1.arguments }
  }

  /// Whether the commands USER and PASS are there.
  package var hasUser: Bool { arguments["USER"] != nil }
  /// Whether the command STLS is there (RFC 2595).
  package var hasSTLS: Bool { arguments["STLS"] != nil }
  /// Whether the command TOP is there.
  package var hasTop: Bool { arguments["TOP"] != nil }
  /// Whether the command UIDL is there.
  package var hasUIDL: Bool { arguments["UIDL"] != nil }
  /// Whether a command may be sent before the one before it is answered.
  package var hasPipelining: Bool { arguments["PIPELINING"] != nil }

  /// The SASL mechanisms, in upper case (RFC 5034).
  package var mechanisms: Set<String> {
    Set((arguments["SASL"] ?? []).map { $0.uppercased() })
  }

  /// How many seconds have to pass between two logins, at the most where it depends on the user.
  package var loginDelay: UInt32? {
    arguments["LOGIN-DELAY"]?.first.flatMap { UInt32(digits: $0.utf8) }
  }
}
