import TestSupport
import Testing

@testable import Pipeline

/// What was sent as a mended copy is the archive's message from then on, whatever happens on the target.
@Suite(.requiresDovecot) struct PushMendAgainTests {
  private typealias Behaviour = FakeTarget.Behaviour

  private static let odd = [
    MendMail.colon, MendMail.colon, "", MendMail.nul, "text\r\n\r\nmore\r\n",
  ]
  private static let texts = [
    "\r\ntext\r\n\r\nmore\r\n", MendMail.colonMended, MendMail.colonMended,
    "Subject: nul\r\n\r\na?b\r\n", MendMail.emptyMended, "a", "b",
  ]
  private static let offers = ["UIDPLUS MULTIAPPEND LITERAL+ UNSELECT ESEARCH", "UNSELECT"]

  /// Refuses what is odd, text without a header too.
  @Sendable private static func refuse(_ append: FakeTarget.Append) -> FakeTarget.Verdict {
    append.messages.contains { $0.body.starts(with: Array("text".utf8)) }
      ? .say("NO Message contains invalid header", keep: 0) : MendMail.refuse(append)
  }

  private func server(_ capabilities: String = offers[0]) throws -> FakeTarget {
    try FakeTarget(capabilities) { $0.append = Self.refuse }
  }

  /// A bench and a server to which all of it was pushed.
  private func pushed(_ capabilities: String = offers[0]) async throws -> (PushBench, FakeTarget) {
    let bench = try await PushBench.odd(Self.odd)
    let server = try server(capabilities)
    #expect(try await bench.mend(to: server).pushed == ["transferred": 7])
    #expect(server.texts().sorted() == Self.texts)
    return (bench, server)
  }

  /// Pushes without and with the option, and expects that all is there and nothing is sent.
  private func expectAllThere(_ bench: PushBench, _ server: FakeTarget) async throws {
    let appends = server.appends
    for mend in [false, true] {
      #expect(try await bench.push(to: server) { $0.mend = mend }.pushed == ["present": 7])
    }
    #expect(server.appends == appends)
    #expect(server.texts().sorted() == Self.texts)
  }

  @Test(arguments: offers)
  func `in a mailbox with other UIDs it is known again`(_ capabilities: String) async throws {
    let (bench, server) = try await pushed(capabilities)
    var mailbox = FakeTarget.Mailbox(uidValidity: 8)
    mailbox.messages = server.messages().reversed()
    for index in mailbox.messages.indices { mailbox.messages[index].uid = UInt32(index + 50) }
    mailbox.uidNext = 100
    server["INBOX"] = mailbox
    try await expectAllThere(bench, server)
    // Each copy has an entry of its own: flags that change come there.
    try bench.flagOdd(1, "F")
    #expect(try await bench.push(to: server).pushed == ["present": 7, "flags": 1])
    #expect(server.messages().count { $0.flags == ["\\Flagged"] } == 1)
    #expect(server.messages().first { $0.flags == ["\\Flagged"] }?.subject == "colon")
  }

  @Test(arguments: offers)
  func `altered by the server it is known again, too`(_ capabilities: String) async throws {
    let bench = try await PushBench.odd(Self.odd)
    let server = try server(capabilities)
    server.change { $0.kept = { $0 + Array("\r\n\r\n".utf8) } }
    // Of one that breaks off, too.
    server.change {
      $0.append = {
        $0.number == 12 ? .close(keep: 1, bye: false) : Self.refuse($0)
      }
    }
    let report = try await bench.mend(to: server)
    #expect(report.exitStatus == .done)
    #expect(server.messages().count == 7)
    for validity: UInt32 in [8, 9] {
      server["INBOX"]?.uidValidity = validity
      #expect(try await bench.push(to: server).pushed == ["present": 7])
      #expect(server.messages().count == 7)
    }
  }

  @Test(arguments: offers)
  func `deleted on the target it stays deleted, and put back it is there`(_ capabilities: String)
    async throws
  {
    let (bench, server) = try await pushed(capabilities)
    let copies = server.messages().filter { $0.subject != "a" && $0.subject != "b" }
    let uids = copies.map(\.uid)
    server["INBOX"]?.messages.removeAll { uids.contains($0.uid) }
    let appends = server.appends
    let gone = try await bench.mend(to: server) { $0.accept = true }
    #expect(gone.pushed == ["present": 2, "gone": 5])
    _ = server.store(copies, in: "INBOX", collapsing: false)
    try await expectAllThere(bench, server)
    #expect(server.appends == appends)
    // Asked for, it is sent again, mended where that is asked for as well.
    server["INBOX"]?.messages.removeAll { $0.subject == "nul" }
    #expect(
      try await bench.mend(to: server) { $0.resend = true }.pushed
        == ["transferred": 1, "present": 6])
    try await expectAllThere(bench, server)
  }

  @Test(arguments: offers)
  func `a run that broke off behind it is no reason to send it again`(_ capabilities: String)
    async throws
  {
    for keep in [0, 1] {
      let bench = try await PushBench.odd(Self.odd)
      let server = try server(capabilities)
      #expect(try await bench.push(to: server).pushed == ["transferred": 2, "failures": 5])
      // Every connection breaks at its first APPEND.
      server.change { $0.append = { _ in .close(keep: keep, bye: false) } }
      _ = try await bench.mend(to: server)
      let texts = server.texts()
      server.change { $0.append = Self.refuse }
      // What arrived is settled by a run that knows nothing of the option, too.
      let plain = try await bench.push(to: server)
      #expect(server.texts() == texts)
      #expect(plain.pushed["transferred"] == nil)
      #expect(plain.pushed["present"] == texts.count)
      let report = try await bench.mend(to: server)
      #expect(report.mailboxFailures == [])
      let rest = try await bench.mend(to: server) { $0.retryRefused = true }
      #expect(rest.exitStatus == .done)
      try await expectAllThere(bench, server)
    }
  }

  @Test func `its date is fixed by a copy that is mended as well, and it is pruned`() async throws {
    let bench = try await PushBench.odd([MendMail.colon, ""])
    let server = try server()
    #expect(try await bench.mend(to: server).pushed == ["transferred": 4])
    for index in 0..<4 {
      server["INBOX"]?.messages[index].date = "01-Jan-2001 00:00:00 +0000"
    }
    let fixed = try await bench.push(to: server) { $0.fixDates = true }
    #expect(fixed.failures == [])
    #expect(
      server.texts().sorted() == [MendMail.colonMended, MendMail.emptyMended, "a", "b"])
    #expect(
      server.messages().map(\.date) == Array(repeating: "13-Sep-2020 12:26:40 +0000", count: 4))
    #expect(try await bench.push(to: server).pushed == ["present": 4])
    for number in 1...2 {
      try runSuccessfully("/bin/rm", ["\(bench.archive)/INBOX/cur/160000000\(number).odd:2,"])
    }
    let pruned = try await bench.push(to: server) {
      $0.prune = true
      $0.pruneLimit = 100
    }
    #expect(pruned.exitStatus == .done)
    #expect(server.texts().sorted() == ["a", "b"])
  }

  @Test func `a comparison with the account knows it for a mended copy`() async throws {
    let (bench, server) = try await pushed()
    let report = try bench.compare { $0.port = server.port }
    #expect(report.texts(.missing) == [])
    #expect(report.texts(.extra) == [])
    #expect(report.texts(.altered).count { $0.contains("a mended copy (") } == 5)
  }

  @Test func `what a broken run sent is named by the next one`() async throws {
    let bench = try await PushBench.odd([MendMail.colon])
    let server = try server()
    #expect(try await bench.push(to: server).pushed == ["transferred": 2, "failures": 1])
    server.change { $0.append = { _ in .close(keep: 1, bye: false) } }
    let report = try await bench.mend(to: server)
    #expect(report.pushed == ["present": 3])
    #expect(report.exitStatus == .done)
    #expect(report.mended.count == 1)
    #expect(try await bench.push(to: server).notices == [])
  }

  @Test func `the archive may hold the copy as a message of its own`() async throws {
    for keep in [0, 1, 2] {
      let bench = try await PushBench.odd([MendMail.colon, MendMail.colonMended])
      let server = try server()
      try await bench.mend(to: server) { $0.dryRun = true }
      server.change {
        $0.append = { append in
          let isCopy = append.messages.contains {
            $0.body == Array(MendMail.colonMended.utf8)
          }
          return append.number > 1 && isCopy ? .close(keep: keep, bye: false) : Self.refuse(append)
        }
      }
      _ = try await bench.mend(to: server)
      server.change { $0.append = Self.refuse }
      _ = try await bench.mend(to: server)
      _ = try await bench.mend(to: server) { $0.retryRefused = true }
      #expect(
        server.texts().sorted() == [MendMail.colonMended, MendMail.colonMended, "a", "b"])
      #expect(try await bench.push(to: server).pushed == ["present": 4])
    }
  }

  @Test(arguments: [false, true])
  func `without the index nothing is doubled`(_ mend: Bool) async throws {
    let (bench, server) = try await pushed()
    try runSuccessfully("/bin/rm", ["-rf", bench.archive + "/.mailarc/push"])
    _ = try await bench.push(to: server) { $0.mend = mend }
    #expect(server.texts().sorted() == Self.texts)
    try await bench.mend(to: server)
    try await expectAllThere(bench, server)
  }

  @Test(arguments: ["", " MOVE"])
  func `moved by hand it is known in the other mailbox`(_ move: String) async throws {
    let bench = try await PushBench.odd(Self.odd)
    try bench.source.plain.create("Work")
    try bench.source.append("w", to: "Work")
    try await bench.pull()
    let server = try server(Self.offers[0] + move)
    #expect(try await bench.mend(to: server).pushed == ["transferred": 8])
    let name = "1600000001.odd:2,"
    try bench.rename(bench.archive + "/INBOX/cur/" + name, bench.archive + "/Work/cur/" + name)
    let report = try await bench.mend(to: server)
    #expect(report.pushed["failures"] == nil)
    #expect(server.texts("Work").count { $0 == MendMail.colonMended } == 1)
    #expect(server.texts().count { $0 == MendMail.colonMended } == (move.isEmpty ? 2 : 1))
    // And under new UIDs.
    server["Work"]?.uidValidity = 9
    let appends = server.appends
    #expect(try await bench.push(to: server).pushed["present"] == 8)
    #expect(server.appends == appends)
  }

  @Test func `where the server does not say what it moved, it is found`() async throws {
    let bench = try await PushBench.odd(Self.odd)
    try bench.source.plain.create("Work")
    try bench.source.append("w", to: "Work")
    try await bench.pull()
    let server = try server("UNSELECT MOVE")
    #expect(try await bench.mend(to: server).pushed == ["transferred": 8])
    for number in 1...5 {
      let name = "160000000\(number).odd:2,"
      try bench.rename(bench.archive + "/INBOX/cur/" + name, bench.archive + "/Work/cur/" + name)
    }
    let appends = server.appends
    #expect(try await bench.push(to: server).pushed["present"] == 8)
    #expect(server.appends == appends)
    #expect(server.texts("Work").count == 6)
  }
}

extension PushBench {
  /// Gives a message that was put into the archive by `odd` other flag letters.
  fileprivate func flagOdd(_ number: Int, _ letters: String) throws {
    let path = "\(archive)/INBOX/cur/160000000\(number).odd:2,"
    try rename(path, path + letters)
  }
}
