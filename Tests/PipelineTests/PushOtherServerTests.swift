import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Another server under the name of the one that was pushed into, and an account there that was wiped.
@Suite(.requiresDovecot) struct PushOtherServerTests {
  private static let subjects = (10..<34).map { "m\($0)" }

  /// What the other server's mailbox has in common with the one that was pushed into.
  enum Likeness: CaseIterable {
    case nothing
    case numbers
    /// Every message is as large as the one that had its UID, too.
    case numbersAndSizes
  }

  @Test(arguments: Likeness.allCases, [1, 2, 24])
  func `nothing counts as there on another server`(_ likeness: Likeness, _ count: Int)
    async throws
  {
    let subjects = Array(Self.subjects.prefix(count))
    let bench = try await PushBench.holding(subjects)
    let first = try FakeTarget(FakeTarget.Behaviour.all)
    #expect(try await bench.push(to: first).pushed == ["transferred": count])

    let foreign = subjects.map {
      $0.replacing("m", with: likeness == .numbersAndSizes ? "x" : "foreign ")
    }
    let other = try FakeTarget(FakeTarget.Behaviour.all)
    put(foreign, on: other)
    if likeness == .nothing { other["INBOX"]?.uidValidity = 8 }
    let before = other.subjects()
    for _ in 1...2 {
      let report = try await bench.push(to: other) { $0.full = true }
      #expect(
        report.questions.map { $0.text.contains("lacks \(count) of \(count)") } == [true])
      #expect(report.pushed == ["questions": 1])
      #expect(report.exitStatus == .findings)
    }
    #expect(other.appends == 0)
    #expect(
      try await bench.push(to: other) { $0.resend = true }.pushed == ["transferred": count])
    #expect(other.subjects() == before + subjects)
    #expect(try await bench.push(to: other).pushed == ["present": count])
    #expect(first.subjects() == subjects)
  }

  /// What became of the account.
  enum Wipe: CaseIterable {
    case mailGone, mailboxesGone, madeAnew
    /// The same UIDVALIDITY, and UIDs that begin at 1 again.
    case begunAgain
    /// The same, and by now as many messages as before.
    case begunAgainAndFilled
  }

  @Test(arguments: Wipe.allCases)
  func `an account that was wiped is a question, and filled again if that is the answer`(
    _ wipe: Wipe
  ) async throws {
    let (bench, server) = try await wiped(wipe)
    let own = server.subjects() + server.subjects("Work")
    for _ in 1...2 {
      // Else a mailbox whose numbers are what they were is passed over.
      let report = try await bench.push(to: server) { $0.full = true }
      #expect(report.questions.map(\.mailbox.description) == ["INBOX", "Work"])
      #expect(report.pushed == ["questions": 2])
    }
    #expect(server.appends == 2)
    #expect(try await bench.push(to: server) { $0.resend = true }.pushed == ["transferred": 48])
    for (name, theirs) in [
      ("INBOX", own.prefix(own.count / 2)), ("Work", own.suffix(own.count / 2)),
    ] {
      #expect(server.subjects(name) == theirs + Self.subjects)
    }
    #expect(try await bench.push(to: server).pushed == ["present": 48])
  }

  @Test(arguments: Wipe.allCases)
  func `an account that was wiped stays empty if that is the answer`(_ wipe: Wipe) async throws {
    let (bench, server) = try await wiped(wipe)
    let own = server.subjects()
    let accepted = try await bench.push(to: server) {
      $0.accept = true
      $0.full = true
    }
    #expect(accepted.pushed == ["gone": 48])
    try bench.drop("new", as: "1600000000.x")
    #expect(try await bench.push(to: server).pushed == ["transferred": 1, "gone": 48])
    #expect(server.subjects() == own + ["new"])
    #expect(try await bench.push(to: server).pushed == ["present": 1, "gone": 48])
  }

  /// A push of two mailboxes, and then the wipe.
  private func wiped(_ wipe: Wipe) async throws -> (PushBench, FakeTarget) {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    for subject in Self.subjects {
      try bench.source.append(subject)
      try bench.source.append(subject, to: "Work")
    }
    try await bench.pull()
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    #expect(try await bench.push(to: server).pushed == ["transferred": 48])
    let names = ["INBOX", "Work"]
    for name in names {
      switch wipe {
      case .mailGone: server[name]?.messages = []
      case .mailboxesGone: server[name] = name == "INBOX" ? FakeTarget.Mailbox() : nil
      case .madeAnew: server[name] = FakeTarget.Mailbox(uidValidity: 8)
      case .begunAgain, .begunAgainAndFilled: server[name] = FakeTarget.Mailbox()
      }
      if wipe == .begunAgainAndFilled {
        put(Self.subjects.map { $0.replacing("m", with: "x") }, on: server, name)
      }
    }
    return (bench, server)
  }

  private func put(_ subjects: [String], on server: FakeTarget, _ mailbox: String = "INBOX") {
    let messages = subjects.map {
      FakeTarget.Message(uid: 0, flags: [], body: PullBench.message($0))
    }
    _ = server.store(messages, in: mailbox, collapsing: false)
  }
}
