import Mail
import TestSupport
import Testing

@testable import Protocols

extension SessionTranscripts {
  /// Answers of Dovecot, Cyrus and Courier, and some that nobody should give.
  static let quota = SessionTranscript(
    "QUOTA and QUOTAROOT",
    commands: [
      .getQuotaRoot(.inbox), .getQuotaRoot(RawMailboxName(bytes: Array("a b".utf8))),
      .getQuotaRoot(RawMailboxName(bytes: Array("x".utf8))),
      .status(.inbox, [.appendLimit]),
    ],
    #"""
    S: * PREAUTH [CAPABILITY IMAP4rev1 QUOTA APPENDLIMIT] hello
    C: $1 GETQUOTAROOT "INBOX"
    S: * QUOTAROOT INBOX "User quota" ""
    S: * QUOTA "User quota" (STORAGE 10 512 message 3 100)
    S: * QUOTA "" ()
    S: $1 OK Getquotaroot completed.
    C: $2 GETQUOTAROOT "a b"
    S: * QUOTAROOT {3}
    S> a b
    S:  user.ada
    S: * QUOTA user.ada (STORAGE 18446744073709551615 18446744073709551615)
    S: $2 OK Completed
    C: $3 GETQUOTAROOT "x"
    S: * QUOTAROOT x
    S: * QUOTA "ROOT" (STORAGE -1 5)
    S: * QUOTA "ROOT" (STORAGE 1)
    S: * QUOTA
    S: $3 OK Completed
    C: $4 STATUS "INBOX" (APPENDLIMIT)
    S: * STATUS INBOX (APPENDLIMIT 1024 MESSAGES 1)
    S: * STATUS x (APPENDLIMIT NIL MESSAGES 2)
    S: $4 OK done
    """#)
}

/// What a server says of quotas; `SplittingTests` cuts the same conversation at every octet.
@Suite struct QuotaTests {
  private let events = SessionTranscripts.quota.replay.whole().events

  private func raw(_ text: String) -> RawMailboxName { RawMailboxName(bytes: Array(text.utf8)) }

  @Test func `the roots of a mailbox`() {
    #expect(
      events.contains(.event(.quotaRoots(.inbox, [Array("User quota".utf8), []]))))
    #expect(events.contains(.event(.quotaRoots(raw("a b"), [Array("user.ada".utf8)]))))
    #expect(events.contains(.event(.quotaRoots(raw("x"), []))))
  }

  @Test func `what a root counts`() throws {
    let quotas = events.compactMap { event -> Quota? in
      if case .event(.quota(let quota)) = event { quota } else { nil }
    }
    try #require(quotas.count == 3)
    #expect(quotas[0].root == Array("User quota".utf8))
    #expect(quotas[0].octets?.usage == 10_240)
    #expect(quotas[0].octets?.limit == 524_288)
    #expect(quotas[0].messages?.usage == 3)
    #expect(quotas[0].messages?.limit == 100)
    #expect(quotas[1] == Quota(root: [], resources: []))
    #expect(quotas[1].octets == nil)
    // Beyond what can be counted there is no limit.
    #expect(quotas[2].octets?.limit == .max)
  }

  @Test func `a line that is none costs only itself`() {
    let malformed = events.count { if case .event(.malformed) = $0 { true } else { false } }
    #expect(malformed == 3)
  }

  @Test func `the limit of a mailbox, or none`() {
    let limits = events.compactMap { event -> UInt64?? in
      if case .event(.status(_, let items)) = event { items.appendLimit } else { nil }
    }
    #expect(limits == [1024, nil])
  }
}
