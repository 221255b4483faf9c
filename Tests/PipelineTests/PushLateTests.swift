import Glibc
import Mail
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Journals
@testable import Pipeline

/// Servers that still carry out, or have carried out in part, what a dead connection sent.
@Suite(.requiresDovecot) struct PushLateTests {
  private typealias Behaviour = FakeTarget.Behaviour

  @Test func `what arrives one by one while the push waits is not sent again`() async throws {
    let subjects = (0..<8).map { "m\($0)" }
    let bench = try await PushBench.dropping(subjects)
    let late = Mutex<ArraySlice<FakeTarget.Message>>([])
    let server = try FakeTarget(Behaviour.all) {
      $0.append = { append in
        late.withLock { $0 = append.messages[...] }
        return .close(keep: 0, bye: false)
      }
      // One more each time that somebody looks.
      $0.status = { server in
        guard let next = late.withLock({ $0.popFirst() }) else { return }
        _ = server.store([next], in: "INBOX", collapsing: false)
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["present": 8])
    #expect(report.notices == [])
    #expect(server.appends == 1)
    #expect(server.subjects() == subjects)
  }

  @Test func `a server that was slow has three times as long to come to rest`() async throws {
    let bench = try await PushBench.dropping((0..<201).map { "m\($0)" })
    let took = Mutex(Duration.zero)
    let looks = Mutex<[ContinuousClock.Instant]>([])
    let server = try FakeTarget(Behaviour.all) {
      $0.append = { append in
        if append.number == 1 {
          let begin = ContinuousClock.now
          usleep(100_000)
          took.withLock { $0 = ContinuousClock.now - begin }
        }
        return append.number == 2 ? .close(keep: 0, bye: false) : .store
      }
      $0.status = { server in
        if server.appends == 2 { looks.withLock { $0.append(.now) } }
      }
    }
    #expect(try await bench.push(to: server).pushed == ["transferred": 201])
    let (all, least) = (looks.withLock { $0 }, took.withLock { $0 * 3 })
    let first = try #require(all.first)
    let last = try #require(all.last)
    // However slow the machine is, it can't be less.
    #expect(last - first >= least)
  }

  /// So many of the first batch of 200 were kept, and so many of the second one.
  @Test(arguments: [(200, 0), (197, 3), (198, 1), (199, 2), (200, 3), (0, 3)])
  func `of twins in two batches under way the rest is sent again`(_ first: Int, _ second: Int)
    async throws
  {
    // The last three of one batch and the first three of the next are the same.
    let subjects = (0..<210).map { (197..<203).contains($0) ? "twin" : "m\($0)" }
    let bench = try await PushBench.dropping(subjects)
    let again = Mutex(0)
    let server = try FakeTarget(Behaviour.all) {
      $0.holds = { $0.number == 1 }
      $0.append = { append in
        switch append.number {
        case 1: return .say("OK never told", keep: first)
        case 2: return .close(keep: second, bye: false)
        default:
          again.withLock { $0 += append.messages.count }
          return .store
        }
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.exitStatus == .done)
    let sentAgain = again.withLock { $0 }
    #expect(sentAgain == 210 - first - second)
    #expect(server.subjects().sorted() == subjects.sorted())
    #expect(try await bench.push(to: server).pushed == ["present": 210])
    #expect(server.messages().count == 210)
  }

  @Test func `what arrived has any UID where the UIDs were given anew`() async throws {
    let bench = try await PushBench.dropping(["a", "b"])
    let server = try FakeTarget(Behaviour.all)
    _ = server.store(
      (0..<5).map { FakeTarget.Message(uid: 0, flags: [], body: PullBench.message("own \($0)")) },
      in: "INBOX", collapsing: false)
    server.change {
      $0.append = { [weak server] append in
        guard append.number == 1 else { return .store }
        // Delivered by a way that leaves a trace: only what is known to be on its way is seen through
        // that.
        let body = Array("Received: by example.net\r\n".utf8) + append.messages[0].body
        server?["INBOX"] = FakeTarget.Mailbox(
          uidValidity: 8, uidNext: 2, messages: [.init(uid: 1, flags: [], body: body)])
        return .close(keep: 0, bye: false)
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["transferred": 1, "present": 1])
    #expect(server.subjects() == ["a", "b"])
    #expect(report.notices.count == 1)
    #expect(try await bench.push(to: server).pushed == ["present": 2])
  }
}
