import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What is missing from an archive that can't be read to its end may be where it can't be read.
@Suite struct PullUnreadableTests {
  /// A directory that holds mail and can't be a mailbox: half of a name.
  private static let unreadable = "half%+"

  /// An archive of three messages, of which m2 was moved by hand to where it can't be read.
  private func withHiddenMessage() async throws -> SourceBench {
    let bench = try SourceBench { state in
      state.mailboxes = ["INBOX": .init(messages: SourceBench.messages(3)), "Other": .init()]
    }
    try await bench.pull()
    for path in ["", "/cur", "/new"].map({ Self.unreadable + $0 }) {
      guard mkdir(bench.archive + "/" + path, 0o700) == 0 else {
        throw TestSystemError("mkdir", path)
      }
    }
    let file = try bench.view().message("m2").file
    try renameFile(bench.archive + "/", "INBOX/cur/" + file, "\(Self.unreadable)/cur/" + file)
    return bench
  }

  /// What the runs so far recorded of messages and mailboxes.
  private func records(_ bench: SourceBench) throws -> [String: [String]] {
    try snapshot(bench.archive + "/.mailarc/pull", except: ["/runs.journal"])
  }

  @Test func `a message is not taken for deleted while a directory can't be read`() async throws {
    let bench = try await withHiddenMessage()
    let before = try records(bench)
    for _ in 0..<2 {
      let report = try await bench.pull()
      #expect(report.sums == ["mailboxFailures": 1])
      #expect(report.mailboxFailures.first?.mailbox == .inbox)
      #expect(report.mailboxFailures.first?.failure.summary.contains(Self.unreadable) == true)
      #expect(report.exitStatus == .findings)
      #expect(changes(before, try records(bench)) == [])
    }
    try renameFile(bench.archive + "/", Self.unreadable, "Whole")
    #expect(try await bench.pull().sums == [:])
    #expect(try bench.view().subjects == ["INBOX: m1", "INBOX: m3", "Whole: m2"])
  }

  @Test func `a move at the source waits while a directory can't be read`() async throws {
    let bench = try await withHiddenMessage()
    bench.server.change { state in
      guard var message = state.mailboxes["INBOX"]?.messages.remove(at: 1) else { return }
      message.uid = 50
      state.mailboxes["Other"]?.messages = [message]
    }
    #expect(try await bench.pull().sums == ["transferred": 1, "mailboxFailures": 1])
    #expect(try await bench.pull().sums == ["mailboxFailures": 1])
    try renameFile(bench.archive + "/", Self.unreadable, "Whole")
    // What was moved by hand stays there, and the copy that came with the source's move goes.
    #expect(try await bench.pull().sums == ["moved": 1])
    #expect(try bench.view().subjects == ["INBOX: m1", "INBOX: m3", "Whole: m2"])
  }

  @Test func `messages are not taken for deleted while their mbox is broken`() async throws {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(3))
    }
    try await bench.pull(layout: .mboxGzip)
    let path = bench.archive + "/INBOX.mbox.gz"
    let whole = try readBytes(path)
    let before = try records(bench)
    try writeBytes(path, Array(whole.dropLast(whole.count / 2)))
    let report = try await bench.pull()
    #expect(report.sums == ["mailboxFailures": 1])
    #expect(report.mailboxFailures.first?.failure.summary.contains("INBOX.mbox.gz") == true)
    #expect(changes(before, try records(bench)) == [])
    try writeBytes(path, whole)
    #expect(try await bench.pull().sums == [:])
    #expect(try bench.view().subjects == ["INBOX: m1", "INBOX: m2", "INBOX: m3"])
  }
}
