import Protocols
import TestSupport
import Testing

@testable import Clients

@Suite struct QuirksTests {
  @Test(
    arguments: [
      ("Request is throttled. Suggested Backoff Time: 92415 milliseconds", 92.415),
      ("suggested backoff time:5 seconds", 5), ("Suggested Backoff Time: 1500", 1.5),
      ("Suggested Backoff Time: soon", nil), ("Suggested Backoff Time:", nil),
      ("Backoff Time: 5 seconds", nil), ("Suggested Backoff Time: -5 milliseconds", nil),
      ("Suggested Backoff Time: 4000000000000 milliseconds", 4e9),
    ] as [(String, Double?)])
  func `a suggested pause is read`(_ words: String, _ expected: Double?) {
    #expect(Quirks.suggestedPause(ResponseText(code: nil, text: words)) == expected)
  }

  @Test(arguments: [
    ("Too many open connections", true), ("Too many simultaneous connections. (Failure)", true),
    ("Maximum number of connections from user+IP exceeded", true),
    ("User is authenticated but not connected.", true),
    ("Authentication failed.", false), ("Too many login failures", false), ("", false),
  ])
  func `only what speaks of connections means that there are too many`(
    _ words: String, _ expected: Bool
  ) {
    #expect(Quirks.meansFull(ResponseText(code: nil, text: words)) == expected)
  }

  @Test(arguments: [
    ("Dovecot", true), ("dovecot", true), ("Dovecot Pro", false), ("GNU Mailutils", false),
    (nil, false),
  ])
  func `only to Dovecot's open mailbox mail is appended`(_ name: String?, _ expected: Bool) {
    #expect(Quirks.keepsMailForOpenMailbox(name.map { ["name": $0] } ?? [:]) == expected)
  }

  @Test(arguments: Quirk.table.indices)
  func `each quirk has its reason, and whose it is stands among the deviations`(_ row: Int) throws {
    let quirk = Quirk.table[row]
    #expect(quirk.reason.count > 20)
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    let document = try readFile(root.joined(separator: "/") + "/formats/violations.md")
    let server = try #require(quirk.servers.split(separator: " ").first)
    #expect(document.contains(server))
  }

  @Test func `the standard pauses make two minutes, and differ by a quarter at most`() {
    let total = RetryPolicy.standard.pauses.reduce(0, +)
    #expect((110...130).contains(total))
    for (number, expected) in [(0.0, 6.0), (0.5, 8), (1, 10)] {
      let policy = RetryPolicy(pauses: [8], random: { number })
      #expect(policy.varied(8) == expected)
      #expect(policy.atLeast(8) >= 8)
    }
  }
}
