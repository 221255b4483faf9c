import TestSupport
import Testing

@testable import Pipeline

/// A target's mailbox that changes in the middle of a push.
@Suite(.requiresDovecot) struct PushMadeAnewTests {
  private typealias Behaviour = FakeTarget.Behaviour

  @Test(arguments: [
    // What the server offers, how many messages there are, the APPEND before which it is made anew,
    // and whether so much is gone then that it is a question.
    (Behaviour.all, 205, 2, true), (Behaviour.noExtras, 10, 5, false),
    ("UIDPLUS " + Behaviour.noExtras, 10, 5, false),
  ])
  func `a mailbox made anew is matched anew, and nothing is lost or doubled`(
    capabilities: String, count: Int, number: Int, asks: Bool
  ) async throws {
    let subjects = (0..<count).map { "m\($0)" }
    let bench = try await PushBench.dropping(subjects)
    let server = try FakeTarget(capabilities)
    server.change {
      $0.append = { [weak server] append in
        if append.number == number { server?["INBOX"] = FakeTarget.Mailbox(uidValidity: 8) }
        return .store
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.failures == [] && report.mailboxFailures == [])
    #expect(report.notices.count { $0.text.contains("made anew") } == 1)
    #expect(report.questions.count == (asks ? 1 : 0))
    #expect(Set(server.subjects()).count == server.subjects().count)
    try await bench.push(to: server) { $0.resend = true }
    #expect(server.subjects().sorted() == subjects.sorted())
    #expect(try await bench.push(to: server).pushed == ["present": count])
  }

  @Test func `beside a question nothing is told to be sent`() async throws {
    let bench = try await PushBench.dropping((0..<30).map { "m\($0)" })
    let server = try FakeTarget(Behaviour.all)
    try await bench.push(to: server)
    try bench.drop("new", as: "1700000000.x")
    server.change {
      $0.append = { [weak server] append in
        guard append.number == 2 else { return .store }
        server?["INBOX"]?.messages.removeFirst(20)
        return .close(keep: 0, bye: false)
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.questions.count == 1 && server.appends == 2)
    #expect(
      report.notices.map(\.text) == [
        "1 message that was on its way when a connection or a run broke off had not arrived: "
          + "\(bench.archive)/INBOX/cur/1700000000.x:2,"
      ])
    let answered = try await bench.push(to: server) { $0.accept = true }
    #expect(answered.pushed == ["transferred": 1, "present": 10, "gone": 20])
  }
}
