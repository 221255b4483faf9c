import Clients
import Mail
import Protocols

/// Tells before the first octet is sent what the target may have no room for: more mail than its quota
/// leaves, and messages that are larger than it takes.
///
/// Nothing is refused for it. The quota is the server's to decide on, which may have some of the mail
/// already; and a message that is too large is reported by itself when its turn comes.
struct CheckTargetRoom {
  let context: PushContext
  let connection: IMAPConnection

  /// - Parameter estimate: what is to be sent.
  /// - Throws: `ClientError`.
  func run(_ estimate: EstimatePush.Estimate) throws(ClientError) {
    if estimate.tooLarge > 0, let largest = connection.capabilities.appendLimit {
      let count = estimate.tooLarge
      tell(
        "\(Counted.messages(count)) of the archive \(Counted.word(count, "is", "are")) larger than "
          + "the \(Counted.bytes(largest)) that the target takes (APPENDLIMIT), and can't be sent")
    }
    guard estimate.messages > 0, let quotas = try connection.quotas(of: .inbox) else { return }
    let findings = QuotaRoom(quotas).judge(
      messages: estimate.messages, octets: estimate.bytes.map { UInt64(clamping: $0) },
      what: "the push may bring")
    for finding in findings { tell(finding.text) }
  }

  private func tell(_ text: String) {
    context.collector.add(Notice(kind: .noRoom, mailbox: nil, text: text))
  }
}
