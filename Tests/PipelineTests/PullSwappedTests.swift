import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Mailboxes that somebody renamed in the archive to names that other mailboxes have, or had.
struct PullSwappedTests {
  typealias Layout = ArchiveIdentity.Layout

  private static let capabilities = ["IMAP4rev1", "IMAP4rev1 CONDSTORE"]

  private func bench(
    _ layout: Layout, _ capabilities: String = "IMAP4rev1"
  ) async throws -> (SourceBench, ArchiveHand) {
    let bench = try SourceBench {
      $0.capabilities = capabilities
      $0.mailboxes["INBOX"] = .init()
    }
    for (validity, name) in ["A", "B", "C"].enumerated() {
      bench.server.change {
        var mailbox = SourceServer.Mailbox()
        mailbox.uidValidity = UInt32(validity + 3)
        $0.mailboxes[name] = mailbox
      }
      for number in 1...3 { bring("\(name.lowercased())\(number)", to: name, bench) }
    }
    try await bench.pull(layout: layout)
    return (bench, ArchiveHand(archive: bench.archive, layout: layout))
  }

  private func bring(_ subject: String, to name: String, _ bench: SourceBench) {
    bench.server.change {
      let uid = ($0.mailboxes[name]?.messages.last?.uid ?? 0) + 1
      $0.mailboxes[name]?.messages.append(
        .init(uid: uid, body: PullBench.message(subject), modSeq: UInt64(uid + 10)))
      $0.mailboxes[name]?.uidNext = uid + 1
      $0.mailboxes[name]?.highestModSeq = UInt64(uid + 10)
    }
  }

  /// The renames, one after the other, and what the mailboxes are called in the end.
  private static let renames: [([(String, String)], [String: String])] = [
    ([("A", "X"), ("B", "A"), ("X", "B")], ["A": "B", "B": "A", "C": "C"]),
    ([("A", "X"), ("B", "A"), ("C", "B"), ("X", "C")], ["A": "C", "B": "A", "C": "B"]),
    ([("B", "New"), ("A", "B")], ["A": "B", "B": "New", "C": "C"]),
    ([("C", "New"), ("B", "C"), ("A", "B")], ["A": "B", "B": "C", "C": "New"]),
  ]

  @Test(arguments: Layout.allCases, renames.indices)
  func `new mail goes where the messages are`(_ layout: Layout, _ index: Int) async throws {
    let (renames, homes) = Self.renames[index]
    for capabilities in Self.capabilities {
      for first in ["A", "B"] {
        let (bench, hand) = try await bench(layout, capabilities)
        for (old, new) in renames { try hand.rename(old, to: new) }
        // The others have no mail yet, and may be passed over.
        for name in [first, "A", "B", "C"] {
          bring("\(name.lowercased())-new", to: name, bench)
          #expect(try await bench.pull().sums == ["transferred": 1])
          let home = try #require(homes[name])
          #expect(try bench.view().message("\(name.lowercased())-new").mailbox == home)
        }
        for message in try bench.view().messages {
          #expect(homes[message.subject.prefix(1).uppercased()] == message.mailbox)
        }
        #expect(try await bench.pull().sums == [:])
        #expect(try runProcess(builtProgram("mailarc"), ["verify", bench.archive]).status == 0)
      }
    }
  }

  @Test func `a mailbox whose messages were all moved away keeps its new mail`() async throws {
    let (bench, hand) = try await bench(.maildir)
    for number in 1...3 { try hand.move("a\(number)", from: "A", to: "B") }
    bring("new", to: "A", bench)
    #expect(try await bench.pull().sums == ["transferred": 1])
    #expect(try bench.view().message("new").mailbox == "A")
  }

  @Test(arguments: [Layout.maildir, .mbox])
  func `a run that is killed at any step comes to the same end`(_ layout: Layout) async throws {
    let (original, _) = try await bench(layout)
    // The program calls the account otherwise.
    let bench = try SourceBench(sharing: original, archive: "first")
    #expect(try bench.run(layout: layout).status == 0)
    let hand = ArchiveHand(archive: bench.archive, layout: layout)
    for (old, new) in Self.renames[0].0 { try hand.rename(old, to: new) }
    for name in ["A", "B"] { bring("\(name.lowercased())-new", to: name, bench) }
    for step in 1..<200 {
      let other = try SourceBench(sharing: bench, archive: "copy\(step)")
      try runSuccessfully("/bin/cp", ["-a", bench.archive, other.archive])
      let killed = try other.run(layout: layout, environment: ["MAILARC_KILL_AT_STEP": "\(step)"])
      let again = try other.run(layout: layout)
      #expect(again.status == 0, "step \(step): \(again.errors)")
      for message in try other.view().messages {
        let home = Self.renames[0].1[message.subject.prefix(1).uppercased()]
        #expect(home == message.mailbox, "step \(step): \(message.subject)")
      }
      #expect(try other.view().messages.count == 11, "step \(step)")
      if killed.status == 0 {
        #expect(step > 20)
        return
      }
    }
  }

  /// Mailboxes with their homes and where their messages are, and the new homes.
  private static let cases: [([String], [String], [String])] = [
    (["A A B:2", "B B A:1"], ["A", "B"], ["A B", "B A"]),
    // One of its messages is still there.
    (["A A A:1 B:2", "B B A:1"], ["A", "B"], []),
    // Nobody took its place.
    (["A A X:2", "B B B:1"], ["A", "B", "X"], []),
    (["A A X:2", "B B B:1"], ["B", "X"], ["A X"]),
    // It was merged into another one.
    (["A A B:2", "B B B:1"], ["B"], []),
    // No mailbox has most of them.
    (["A A X:1 Y:1"], ["X", "Y"], []),
    // The last one of a chain can't move, and so none can.
    (["A A B:1", "B B C:1", "C C C:1"], ["B", "C"], []),
    (["A A B:1", "B B C:1", "C C D:1"], ["B", "C", "D"], ["A B", "B C", "C D"]),
    // Both want the same name.
    (["A A X:1", "B B X:1"], ["X"], ["A X"]),
  ]

  @Test(arguments: cases.indices)
  func `which mailboxes were renamed`(_ index: Int) throws {
    func name(_ text: some StringProtocol) throws -> MailboxName {
      try #require(MailboxName(stateForm: text))
    }
    let (rows, existing, expected) = Self.cases[index]
    let mailboxes = try rows.map { row in
      let words = row.split(separator: " ")
      var counts: [MailboxName: Int] = [:]
      for word in words.dropFirst(2) {
        let parts = word.split(separator: ":")
        counts[try name(parts[0])] = Int(parts[1])
      }
      return RenamedMailboxes.Mailbox(
        name: try name(words[0]), home: try name(words[1]), counts: counts)
    }
    let found = RenamedMailboxes(existing: Set(try existing.map { try name($0) })).run(mailboxes)
    #expect(found.map { "\($0.key) \($0.value)" }.sorted() == expected)
  }
}
