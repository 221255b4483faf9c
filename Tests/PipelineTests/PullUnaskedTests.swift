import TestSupport
import Testing

@testable import Pipeline

/// Servers that tell more than they were asked, or in an order of their own.
@Suite struct PullUnaskedTests {
  private static let capabilities = [
    "IMAP4rev1", "IMAP4rev1 CONDSTORE", "IMAP4rev1 ENABLE CONDSTORE QRESYNC",
  ]

  /// All that a server may say at any time; nothing of it is untrue.
  @Sendable private static func noise(_ state: SourceServer.State, _ mailbox: String) -> String {
    guard let open = state.mailboxes[mailbox] else { return "" }
    let last = open.messages.count + 1
    let flags = open.messages.first?.flags.joined(separator: " ") ?? ""
    return [
      // One came and went.
      "\(last) EXISTS", "1 RECENT",
      state.capabilities.contains("QRESYNC") ? "VANISHED 999" : "\(last) EXPUNGE",
      "1 FETCH (FLAGS (\(flags)))", "OK [ALERT] mind the \u{1b}[31mgap", "NO nearly full",
      "CAPABILITY \(state.capabilities)", "LIST () \"/\" \"Elsewhere\"",
      "STATUS \"Elsewhere\" (MESSAGES 7)", "FLAGS (\\Seen)", "OK [XNEW (a \"b\")] x",
      "XNEW (1) {3}\r\nabc",
    ].map { "* \($0)\r\n" }.joined()
  }

  @Test(arguments: capabilities)
  func `what nobody asked for changes nothing`(_ capabilities: String) async throws {
    let bench = try SourceBench { state in
      state.capabilities = capabilities
      let hasModSeq = capabilities.contains("CONDSTORE")
      for name in ["INBOX", "Other"] {
        state.mailboxes[name] = .init(
          highestModSeq: hasModSeq ? 40 : nil, messages: SourceBench.messages(12))
        state.mailboxes[name]?.messages[0].flags = ["\\Seen"]
      }
      state.noise = Self.noise
    }
    let first = try await bench.pull()
    #expect(first.sums == ["transferred": 24])
    #expect(first.exitStatus == .done)
    #expect(try bench.view().messages.count { $0.flags == ["\\seen"] } == 2)
    #expect(try bench.view().mailboxes == ["INBOX", "Other"])
    #expect(try await bench.pull().sums == [:])
    bench.server.change { state in
      state.mailboxes["INBOX"]?.messages[1].flags = ["\\Flagged"]
      state.mailboxes["INBOX"]?.messages[1].modSeq = 50
      state.mailboxes["INBOX"]?.messages.append(
        .init(uid: 20, body: PullBench.message("new"), modSeq: 50))
      if state.mailboxes["INBOX"]?.highestModSeq != nil {
        state.mailboxes["INBOX"]?.highestModSeq = 50
      }
    }
    #expect(try await bench.pull().sums == ["transferred": 1, "flags": 1])
    #expect(try bench.view().messages.count == 25)
    #expect(bench.server.change { $0.connections } == 3)
  }

  /// GNU mailutils answers with its last message where the one that is asked for is not there.
  @Test func `a message that was not asked for is not taken, nor one that comes twice`()
    async throws
  {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(12))
      state.noise = { state, mailbox in
        guard let held = state.mailboxes[mailbox]?.messages.first else { return "" }
        let body = String(decoding: held.body, as: UTF8.self)
        return "* 1 FETCH (UID \(held.uid) BODY[] {\(held.body.count)}\r\n\(body))\r\n"
      }
    }
    let first = try await bench.pull()
    #expect(first.sums == ["transferred": 12])
    #expect(first.failures.isEmpty)
    bench.server.change {
      $0.mailboxes["INBOX"]?.messages.append(.init(uid: 8_000, body: PullBench.message("new")))
    }
    #expect(try await bench.pull().sums == ["transferred": 1])
    #expect(try bench.view().subjects.count == 13)
    #expect(Set(try bench.view().subjects).count == 13)
  }

  /// The UIDs have gaps, so that two commands ask for them.
  @Test func `the answers to two FETCHes come at the same time`() async throws {
    let bench = try SourceBench { state in
      let messages = (0..<150).map {
        SourceServer.Message(uid: UInt32(2 * $0 + 1), body: PullBench.message("m\($0)"))
      }
      state.mailboxes["INBOX"] = .init(messages: messages)
      state.interleaves = 1
    }
    #expect(try await bench.pull().sums == ["transferred": 150])
    #expect(bench.server.lines.count { $0.contains("BODY.PEEK[]") } == 2)
    let found = try bench.view().messages
    #expect(Set(found.map(\.body)) == Set((0..<150).map { PullBench.message("m\($0)") }))
    // Each under its own UID.
    #expect(found.allSatisfy { $0.subject == "m\((ArchiveView.uid($0.file) - 1) / 2)" })
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `the answers to STATUS come the last one first`() async throws {
    let bench = try SourceBench { state in
      state.capabilities = "IMAP4rev1 CONDSTORE"
      state.reversesStatus = true
      for (index, name) in ["A", "B", "C", "INBOX"].enumerated() {
        let count = UInt32(index + 1)
        state.mailboxes[name] = .init(
          uidNext: count + 1, highestModSeq: 10 + UInt64(index),
          messages: SourceBench.messages(count))
      }
    }
    #expect(try await bench.pull().sums == ["transferred": 10])
    let asked = bench.server.lines.count
    #expect(try await bench.pull().sums == [:])
    #expect(!bench.server.lines.dropFirst(asked).contains { $0.contains("EXAMINE") })
  }

  @Test(arguments: [
    #"HEADER.FIELDS ("MESSAGE-ID" "DATE" "FROM" "SUBJECT")"#,
    "HEADER.FIELDS (Message-Id DATE from subject)", "header.fields (X)",
  ])
  func `the content comes before the UID, and the names of fields as the server likes`(
    _ section: String
  ) async throws {
    let bench = try SourceBench { state in
      state.tellsUIDLast = true
      state.headerSection = section
      var messages = SourceBench.messages(5)
      messages[2].flags = ["\\Flagged", "Key"]
      state.mailboxes["INBOX"] = .init(messages: messages)
    }
    #expect(try await bench.pull().sums == ["transferred": 5])
    let found = try bench.view().messages
    #expect(found.map { "m\(ArchiveView.uid($0.file))" } == found.map(\.subject))
    #expect(try bench.view().message("m3").flags == ["\\flagged", "key"])
    #expect(found.allSatisfy { $0.date == 1_700_000_000 })
    // Now the headers decide.
    bench.server.change { state in
      state.mailboxes["INBOX"]?.uidValidity = 2
      state.lines = []
    }
    #expect(try await bench.pull().sums == [:])
    #expect(!bench.server.lines.contains { $0.contains("BODY.PEEK[]") })
    #expect(try bench.view().messages.count == 5)
  }

  /// Without a new UIDVALIDITY, which they would owe.
  @Test(arguments: capabilities)
  func `a server whose UIDs are others each time costs time, and nothing comes twice`(
    _ capabilities: String
  ) async throws {
    let bench = try SourceBench { state in
      state.capabilities = capabilities
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(6))
      if capabilities != "IMAP4rev1" { state.mailboxes["INBOX"]?.highestModSeq = 50 }
    }
    #expect(try await bench.pull().sums == ["transferred": 6])
    for round in UInt32(1)...2 {
      bench.server.change { state in
        let former = state.mailboxes["INBOX"]?.messages.map(\.uid) ?? []
        state.mailboxes["INBOX"]?.vanished = former
        for index in 0..<6 {
          state.mailboxes["INBOX"]?.messages[index].uid = round * 100 + UInt32(index)
          state.mailboxes["INBOX"]?.messages[index].modSeq = 50 + UInt64(round)
        }
        state.mailboxes["INBOX"]?.uidNext = round * 100 + 10
        if state.mailboxes["INBOX"]?.highestModSeq != nil {
          state.mailboxes["INBOX"]?.highestModSeq = 50 + UInt64(round)
        }
      }
      let report = try await bench.pull()
      #expect(report.failures == [])
      #expect(try bench.view().subjects == (1...6).map { "INBOX: m\($0)" })
    }
    #expect(try await bench.pull().sums == [:])
  }
}
