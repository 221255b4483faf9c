import Mail
import Platform
import TestSupport

@testable import Pipeline

/// Messages that strict servers refuse, and what is sent instead (`formats/mend.md`).
enum MendMail {
  static let colon = "Subject: colon\r\nno field\r\n\r\nText\r\n"
  static let colonMended = "Subject: colon\r\nX-Mailarc-Mended: no field\r\n\r\nText\r\n"
  static let emptyMended = "X-Mailarc-Mended: empty\r\n\r\n"
  static let nul = "Subject: nul\r\n\r\na\0b\r\n"
  static let nulMended = Array("Subject: nul\r\n\r\na".utf8) + [0x80] + Array("b\r\n".utf8)

  /// Whether a strict server refuses it; written apart from the code that is tested.
  static func isOdd(_ body: [UInt8]) -> Bool {
    if body.isEmpty || body.contains(0) { return true }
    if body.starts(with: [13, 10]) { return false }
    let end = body.firstRange(of: Array("\r\n\r\n".utf8))?.lowerBound ?? body.count
    return body[..<end].split(separator: 10).contains { $0.first != 13 && !$0.contains(58) }
  }

  /// Refuses what is odd, and keeps nothing of it.
  @Sendable static func refuse(_ append: FakeTarget.Append) -> FakeTarget.Verdict {
    append.messages.contains { isOdd($0.body) }
      ? .say("NO Message contains invalid header", keep: 0) : .store
  }
}

extension PushBench {
  /// A bench whose archive holds "a" and "b" and, between them, these messages.
  static func odd(_ texts: [String]) async throws -> PushBench {
    let bench = try await PushBench.dropping([])
    try bench.drop("a", as: "1600000000.a")
    for (index, text) in texts.enumerated() {
      try bench.put(text, as: "160000000\(index + 1).odd")
    }
    try bench.drop("b", as: "1700000000.b")
    return bench
  }

  /// Puts a message into the archive by hand.
  func put(_ text: String, as name: String, flags: String = "", in mailbox: String = "INBOX") throws
  {
    let path = "\(archive)/\(mailbox)/cur/\(name):2,\(flags)"
    try writeBytes(path, Array(text.replacing("\r\n", with: "\n").utf8))
    try setModificationTime(path, 1_600_000_000)
  }

  /// Pushes with `--mend`.
  @discardableResult
  func mend(
    to server: FakeTarget, _ change: (inout Options) -> Void = { _ in }
  ) async throws -> RunReport {
    try await push(to: server) {
      $0.mend = true
      change(&$0)
    }
  }
}

extension FakeTarget {
  /// What the messages in a mailbox are, those with the usual subjects by these.
  func texts(_ mailbox: String = "INBOX") -> [String] {
    messages(mailbox).map { message in
      let usual = ["a", "b"].first { PullBench.message($0) == message.body }
      return usual ?? String(decoding: message.body.map { $0 == 0x80 ? 0x3F : $0 }, as: UTF8.self)
    }
  }
}

extension RunReport {
  /// What is told of mended copies.
  var mended: [String] { notices.filter { $0.kind == .mended }.map(\.text) }
}
