import Protocols

/// How much more mail quotas leave room for.
struct QuotaRoom {
  private let quotas: [Quota]

  /// - Parameter quotas: what limits the mailboxes that mail goes to.
  init(_ quotas: [Quota]) { self.quotas = quotas }

  /// Names each quota that would be exceeded; the server alone decides whether it is.
  ///
  /// - Parameters:
  ///   - messages: how many are to come, at least one.
  ///   - octets: theirs; nil where that is not known.
  ///   - what: words that come before the number.
  /// - Returns: one finding for each.
  func judge(messages: Int, octets: UInt64?, what: String) -> [ProbeFinding] {
    guard messages > 0 else { return [] }
    return quotas.flatMap { quota -> [ProbeFinding] in
      var findings: [ProbeFinding] = []
      if let room = quota.octets, octets ?? 1 > Self.left(room) {
        let coming = octets.map { Counted.bytes($0) } ?? Counted.messages(messages)
        findings.append(
          finding(
            "\(what) \(coming), and the target has \(Counted.bytes(Self.left(room))) "
              + "left (\(Counted.bytes(room.usage)) of \(Counted.bytes(room.limit)) used)"))
      }
      if let room = quota.messages, UInt64(max(0, messages)) > Self.left(room) {
        findings.append(
          finding(
            "\(what) \(Counted.messages(messages)), and the target has room for \(Self.left(room)) "
              + "more (\(room.usage) of \(room.limit) used)"))
      }
      return findings
    }
  }

  private static func left(_ room: (usage: UInt64, limit: UInt64)) -> UInt64 {
    room.limit > room.usage ? room.limit - room.usage : 0
  }

  private func finding(_ text: String) -> ProbeFinding {
    ProbeFinding(
      .quotaExceeded, text,
      advice:
        "What the target has already is not sent again, and needs no room. If it does not take "
        + "all, the push says what is missing; run it again once there is room.")
  }
}
