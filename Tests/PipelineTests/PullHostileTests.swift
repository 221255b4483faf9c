import Clients
import Mail
import Protocols
import TestSupport
import Testing

@testable import Pipeline

/// Servers whose own books are wrong, and those that can't be reached any more.
@Suite struct PullHostileTests {
  private func flagged(_ quirk: SourceServer.Quirk) throws -> SourceBench {
    try SourceBench { state in
      state.capabilities = "IMAP4rev1 CONDSTORE"
      var messages = SourceBench.messages(2)
      messages[0].flags = ["\\Seen"]
      state.mailboxes["INBOX"] = .init(highestModSeq: 5, messages: messages)
      state.quirks[1] = quirk
    }
  }

  @Test func `flags told apart from the content are kept`() async throws {
    let bench = try flagged(.splitsFlags)
    #expect(try await bench.pull().sums == ["transferred": 2])
    #expect(try bench.view().message("m1").flags == ["\\seen"])
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `flags that nobody told are asked for until they are, and then merged`() async throws {
    let bench = try flagged(.keepsFlags)
    #expect(try await bench.pull().sums == ["transferred": 2])
    #expect(try bench.view().message("m1").flags == [])
    try await bench.pull()
    bench.server.change { $0.quirks = [:] }
    #expect(try await bench.pull().sums == ["flags": 1])
    #expect(try bench.view().message("m1").flags == ["\\seen"])
    let asked = bench.server.lines.count
    try await bench.pull()
    #expect(!bench.server.lines.dropFirst(asked).contains { $0.contains("EXAMINE") })
  }

  @Test func `a listing that leaves out the flags of a message takes none away`() async throws {
    let bench = try flagged(.splitsFlags)
    try await bench.pull()
    bench.server.change { state in
      state.quirks[1] = .keepsFlags
      state.mailboxes["INBOX"]?.highestModSeq = 3
    }
    #expect(try await bench.pull().sums == [:])
    #expect(try bench.view().message("m1").flags == ["\\seen"])
  }

  @Test func `two messages under one UID are named in each run`() async throws {
    let bench = try SourceBench { state in
      state.capabilities = "IMAP4rev1 CONDSTORE"
      var messages = SourceBench.messages(3)
      messages[1].uid = 1
      state.mailboxes["INBOX"] = .init(highestModSeq: 5, messages: messages)
    }
    for sums in [["transferred": 2, "failures": 1], ["failures": 1]] {
      let report = try await bench.pull()
      #expect(report.sums == sums)
      #expect(report.exitStatus == .findings)
      #expect(report.failures.first?.uid?.value == 1)
      #expect(report.failures.first?.reason.contains("one UID") == true)
    }
    bench.server.change { $0.mailboxes["INBOX"]?.messages[1].uid = 2 }
    #expect(try await bench.pull().sums == ["transferred": 1])
  }

  @Test func `messages that are counted and never listed are named in each run`() async throws {
    let bench = try SourceBench { state in
      state.capabilities = "IMAP4rev1 CONDSTORE"
      state.mailboxes["INBOX"] = .init(
        highestModSeq: 5, messages: SourceBench.messages(3), claimed: 5)
    }
    for sums in [["transferred": 3, "failures": 1], ["failures": 1]] {
      let report = try await bench.pull()
      #expect(report.sums == sums)
      #expect(report.failures.first?.reason.contains("does not list 2 of them") == true)
    }
    bench.server.change { $0.mailboxes["INBOX"]?.claimed = nil }
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `a drop while a mailbox is opened blames no message`() async throws {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(3))
      state.quirks[2] = .drops
      state.quirkCount = 1
      state.dropsExamine = 8
    }
    #expect(try await bench.pull().sums == ["transferred": 3])
    // Drops without end are the account's failure, not that of messages.
    bench.server.change { state in
      state.mailboxes["INBOX"]?.messages = SourceBench.messages(6)
      state.dropsExamine = 1000
    }
    let report = try await bench.pull()
    #expect(report.failures == [])
    #expect(report.exitStatus == .tryAgain)
  }

  @Test func `a drop in a FETCH, and in every EXAMINE then, blames no message`() async throws {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(3))
      state.quirks[1] = .drops
      state.diesOfDrops = true
    }
    let report = try await bench.pull()
    #expect(report.failures == [])
    #expect(report.exitStatus == .tryAgain)
  }

  @Test func `a server that can't be reached any more is given up at once`() async throws {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(3))
      state.quirks[1] = .drops
      state.connectionsLeft = 1
    }
    let report = try await bench.pull()
    #expect(report.failures == [])
    #expect(report.exitStatus == .tryAgain)
    // The first one, and as many as the policy has tries.
    #expect(bench.server.change { $0.connections } == 4)
  }
}

/// `ToldMessages` on its own.
@Suite struct PullToldMessagesTests {
  private func fetch(_ uid: UInt32, keyword: String? = nil) -> IMAPEvent {
    var response = FetchResponse(sequenceNumber: uid)
    response.uid = UID(uid)
    response.flags = Flags(keywords: Set(keyword.map { [Keyword($0)] } ?? []))
    return .fetch(response)
  }

  @Test func `more messages than there can be are refused`() throws {
    var told = ToldMessages(exists: 2, limit: 3, mostOctets: 1000)
    for uid in [1, 2, 2, 3, 3, 3] as [UInt32] { try told.take(fetch(uid)) }
    #expect(throws: ClientError.self) { try told.take(fetch(4)) }
  }

  @Test func `keywords without end are refused`() throws {
    var told = ToldMessages(exists: 2, limit: 3, mostOctets: 1000)
    let long = String(repeating: "k", count: 400)
    #expect(throws: ClientError.self) {
      for _ in 0..<3 { try told.take(fetch(1, keyword: long)) }
    }
  }

  @Test func `what went meanwhile is not missing`() throws {
    var told = ToldMessages(exists: 5, limit: 9, mostOctets: 1000)
    try told.take(.expunge(5))
    try told.take(.vanished(earlier: false, [try #require(UID(3))]))
    try told.take(.vanished(earlier: true, [try #require(UID(4))]))
    try told.take(.exists(9))
    #expect(told.expected == 3)
  }
}
