import TestSupport
import Testing

@testable import Pipeline

/// What the servers make of mail (`formats/violations.md`), and mail that shows it.
extension ServerKind {
  /// The content under which the server keeps a message, nil where it refuses it.
  func kept(_ body: [UInt8]) -> [UInt8]? {
    let hasOddHeader = header(body).split(separator: UInt8(ascii: "\n")).contains {
      !$0.contains(UInt8(ascii: ":")) && ![9, 13, 32].contains($0.first)
    }
    switch self {
    case .dovecot: return body.isEmpty ? nil : body.map { $0 == 0 ? 0x80 : $0 }
    case .courier: return endingInNewline(withoutBareCR(body))
    case .cyrus:
      if body.isEmpty || hasOddHeader { return nil }
      let end = header(body).count
      return body[..<end].map { $0 >= 0x80 ? UInt8(ascii: "X") : $0 } + body[end...]
    case .mailutils:
      if body.isEmpty || hasOddHeader { return nil }
      // A field whose body begins on the next line gets a space.
      let (bare, spaced) = (Array(":\r\n <".utf8), Array(": \r\n <".utf8))
      return comparable(Array(body.prefix { $0 != 0 }).replacing(bare, with: spaced))
    }
  }

  /// The content as it is compared: GNU mailutils writes fields of its own into the header, and adds
  /// newlines at the end.
  func comparable(_ body: [UInt8]) -> [UInt8] {
    guard self == .mailutils else { return body }
    let end = header(body).count
    let lines = body[..<end].split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    ).filter { line in
      let text = String(decoding: line, as: UTF8.self).lowercased()
      return !["x-imapbase:", "x-uid:", "status:"].contains { text.hasPrefix($0) }
    }
    var result = Array(lines.joined(separator: [UInt8(ascii: "\n")])) + body[end...]
    while let last = result.last, last == 10 || last == 13 { result.removeLast() }
    return result
  }

  /// The flags that the server keeps.
  func kept(_ flags: Set<String>) -> Set<String> {
    self == .mailutils ? flags.filter { $0.hasPrefix("\\") } : flags
  }
}

/// The header with the empty line behind it.
private func header(_ body: [UInt8]) -> ArraySlice<UInt8> {
  if body.starts(with: [13, 10]) { return body[..<2] }
  return body[..<(body.firstRange(of: [13, 10, 13, 10])?.upperBound ?? body.count)]
}

private func withoutBareCR(_ body: [UInt8]) -> [UInt8] {
  body.indices.filter { index in
    body[index] != 13 || (index + 1 < body.count && body[index + 1] == 10)
  }.map { body[$0] }
}

private func endingInNewline(_ body: [UInt8]) -> [UInt8] {
  body.suffix(2) == [13, 10] ? body : body + [13, 10]
}

/// A message of the archive as it is compared with what a server holds.
struct ExpectedMessage: Hashable {
  let body: [UInt8]
  /// Nil where servers make something else of the date.
  let date: Int?
  let flags: Set<String>
}

extension PushServersBench {
  /// Mailboxes that every server can have; GNU mailutils has none inside one that may hold mail.
  private var mailboxes: [String] {
    ["Work", "Top/Sub/Deep", "with space", "Caf&AOk-", "&ZeVnLIqe-"]
      + (kind == .mailutils ? [] : ["Work/2024"])
  }

  /// Fills the source with mail that is hard to keep, pulls it, and adds by hand what the source's own
  /// server would not take.
  func fill() async throws {
    for name in mailboxes { try source.plain.create(name) }
    try source.plain.subscribe("Work")
    let all = MailboxFixture.ordinary + MailboxFixture.unusual
    for message in all {
      try source.plain.append(
        message.body, to: "INBOX", flags: message.flags, date: message.date)
    }
    for (index, name) in mailboxes.enumerated() {
      for message in all[(index * 2)..<(index * 2 + 3)] {
        try source.plain.append(message.body, to: name, flags: message.flags, date: message.date)
      }
    }
    try source.append("marked", flags: ["\\Deleted", "\\Seen"])
    try await pullSource()
    try drop("nul", MailboxFixture.withNUL.body, date: 1_500_000_000)
    try drop("empty", [], date: 1_500_000_001)
    try drop("old", PullBench.message("before 1970"), date: -86_400 * 300)
  }

  func pullSource() async throws {
    let report = try await source.pull()
    guard report.exitStatus == .done else { throw TestSetupError("the pull failed: \(report)") }
  }

  /// Puts a message into the archive's INBOX by hand.
  private func drop(_ name: String, _ body: [UInt8], date: Int) throws {
    let path = "\(archive)/INBOX/cur/\(name):2,S"
    try writeBytes(path, body.filter { $0 != 13 })
    try setModificationTime(path, date)
  }

  /// What the target has to hold, and what it refuses.
  func expected() throws -> (kept: [String: [ExpectedMessage: Int]], refused: Int) {
    var kept: [String: [ExpectedMessage: Int]] = [:]
    var refused = 0
    for message in try source.view().messages {
      guard let body = kind.kept(message.body) else {
        refused += 1
        continue
      }
      kept[message.mailbox, default: [:]][
        ExpectedMessage(
          body: body, date: message.date < 0 ? nil : message.date,
          flags: kind.kept(message.flags.subtracting(["\\deleted"]))), default: 0] += 1
    }
    return (kept, refused)
  }

  /// What the account holds, in the form of `expected`; names are decoded.
  func counted(_ user: String) throws -> [String: [ExpectedMessage: Int]] {
    let known = try knownDates()
    var result: [String: [ExpectedMessage: Int]] = [:]
    for (name, messages) in try held(user) {
      for message in messages {
        result[decoded(name), default: [:]][
          ExpectedMessage(
            body: kind.comparable(message.body),
            date: known.contains(message.date) ? message.date : nil, flags: message.flags),
          default: 0] += 1
      }
    }
    return result
  }

  /// The dates of the archive that every server keeps.
  func knownDates() throws -> Set<Int> {
    Set(try source.view().messages.map(\.date).filter { $0 >= 0 })
  }

  private func decoded(_ name: String) -> String {
    name.replacing("Caf&AOk-", with: "Café").replacing("&ZeVnLIqe-", with: "日本語")
  }
}

/// Names the mailboxes and messages in which what is wanted and what is there differ.
func expectSame(
  _ wanted: [String: [ExpectedMessage: Int]], _ found: [String: [ExpectedMessage: Int]],
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) throws {
  for name in Set(wanted.keys).union(found.keys).sorted() {
    let (here, there) = (wanted[name] ?? [:], found[name] ?? [:])
    for message in Set(here.keys).union(there.keys) where here[message] != there[message] {
      let text = String(decoding: message.body.prefix(300), as: UTF8.self)
      Issue.record(
        """
        \(what) \(name): \(here[message] ?? 0) wanted and \(there[message] ?? 0) found of \
        \(message.date.map { "\($0)" } ?? "any date") \(message.flags.sorted()) \
        \(message.body.count) octets, \(text.debugDescription)
        """, sourceLocation: sourceLocation)
    }
  }
}
