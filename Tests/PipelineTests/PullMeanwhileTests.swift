import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What others do to the source's mailboxes while a pull runs.
@Suite struct PullMeanwhileTests {
  private static let capabilities = [
    "IMAP4rev1", "IMAP4rev1 CONDSTORE", "IMAP4rev1 ENABLE CONDSTORE QRESYNC",
  ]

  private func bench(_ capabilities: String) throws -> SourceBench {
    try SourceBench { state in
      state.capabilities = capabilities
      let hasModSeq = capabilities.contains("CONDSTORE")
      state.mailboxes["INBOX"] = .init(
        highestModSeq: hasModSeq ? 40 : nil, messages: SourceBench.messages(12))
      for name in ["Big", "Small"] {
        let number: UInt32 = name == "Big" ? 30 : 2
        state.mailboxes[name] = .init(
          highestModSeq: hasModSeq ? 40 : nil,
          messages: (1...number).map {
            .init(uid: $0, body: PullBench.message("\(name)\($0)"), modSeq: UInt64($0))
          })
      }
    }
  }

  /// Somebody expunges two messages of INBOX, moves two out of it and two into it, and mail is delivered.
  @Sendable private static func act(on state: inout SourceServer.State) {
    func take(_ uid: UInt32, _ name: String) -> [SourceServer.Message] {
      let taken = state.mailboxes[name]?.messages.filter { $0.uid == uid } ?? []
      state.mailboxes[name]?.messages.removeAll { $0.uid == uid }
      state.mailboxes[name]?.vanished.append(uid)
      return taken
    }
    func put(_ messages: [SourceServer.Message], _ name: String) {
      for message in messages {
        var new = message
        new.uid = state.mailboxes[name]?.uidNext ?? 0
        new.modSeq = 50
        state.mailboxes[name]?.messages.append(new)
        state.mailboxes[name]?.uidNext += 1
      }
    }
    _ = take(3, "INBOX")
    _ = take(4, "INBOX")
    put(take(5, "INBOX"), "Small")
    put(take(6, "INBOX"), "Big")
    put(take(2, "Big"), "INBOX")
    put(take(1, "Small"), "INBOX")
    put([.init(uid: 0, body: PullBench.message("delivered"))], "INBOX")
    for name in ["INBOX", "Big", "Small"] where state.mailboxes[name]?.highestModSeq != nil {
      state.mailboxes[name]?.highestModSeq = 50
    }
  }

  private static func now(_ server: SourceServer) -> [String] {
    server.change { state in
      state.mailboxes.flatMap { name, mailbox in
        mailbox.messages.map { message in
          let text = String(decoding: message.body, as: UTF8.self)
          let line = text.split(separator: "\r\n").first { $0.hasPrefix("Subject: ") } ?? ""
          return "\(name): \(line.dropFirst(9))"
        }
      }.sorted()
    }
  }

  /// Of which mailbox the messages have been listed and not fetched yet; they come in this order.
  @Test(arguments: capabilities, ["Big", "INBOX", "Small"])
  func `is followed by the next pull, and nothing of it is lost`(
    _ capabilities: String, _ moment: String
  ) async throws {
    let bench = try bench(capabilities)
    bench.server.change { state in
      state.beforeFetch = { state, mailbox in
        guard mailbox == moment else { return false }
        Self.act(on: &state)
        return true
      }
    }
    let first = try await bench.pull()
    #expect(first.exitStatus == .done)
    #expect(first.failures == [])
    #expect(bench.server.change { $0.beforeFetch == nil })
    let second = try await bench.pull()
    #expect(second.exitStatus == .done)
    // What was expunged before it came was never here; what had come stays.
    let kept = moment == "Small" ? ["INBOX: m3", "INBOX: m4"] : []
    #expect(try bench.view().subjects == (Self.now(bench.server) + kept).sorted())
    let third = try await bench.pull()
    #expect(third.sums["transferred"] == nil)
    #expect(try bench.view().subjects == (Self.now(bench.server) + kept).sorted())
  }
}
