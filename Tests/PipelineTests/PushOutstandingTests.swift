import Clients
import Journals
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What a run left undone keeps the next one from passing a mailbox over.
@Suite(.requiresDovecot) struct PushOutstandingTests {
  private typealias Behaviour = FakeTarget.Behaviour

  /// Gives the recorded state of INBOX the archive's stamp.
  ///
  /// A run records none of an archive that changed less than two seconds before, and the clock by which
  /// that is told can't be set.
  private func age(_ bench: PushBench) throws {
    let states = try MailboxStates(
      in: try Directory.open(path: bench.archive + "/.mailarc/push/" + bench.identity),
      readOnly: false)
    let key = MailboxKey(account: bench.identity, mailbox: .inbox).hex
    let known = try #require(states[key])
    let archive = try Archive.open(path: bench.archive, for: .reading)
    let place = try #require(try archive.mailboxes().mailboxes.first { $0.name == .inbox })
    let stamp = try archive.mailbox(at: place).currentStamp()
    try states.record(
      RecordedState(
        state: known.state, outstanding: known.outstanding, archive: stamp.description,
        counts: known.counts), for: key)
  }

  @Test(arguments: [false, true])
  func `a message that was refused is told by every run`(_ refuses: Bool) async throws {
    let bench = try await PushBench.dropping(["a", "b", "c"])
    let server = try FakeTarget(Behaviour.all) {
      $0.append = { append in
        refuses && append.messages.contains { $0.subject == "b" }
          ? .say("NO [CANNOT] invalid header", keep: 0) : .store
      }
    }
    let first = try await bench.push(to: server)
    #expect(first.failures.count == (refuses ? 1 : 0))
    try age(bench)
    for _ in 0..<2 {
      let again = try await bench.push(to: server)
      #expect(again.mailboxes.map(\.skipped) == [!refuses])
      #expect(again.failures == first.failures)
      #expect(again.exitStatus == (refuses ? .findings : .done))
    }
  }
}
