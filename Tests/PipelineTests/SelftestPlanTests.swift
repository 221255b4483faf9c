import Mail
import Testing

@testable import Pipeline

/// What a selftest decides by itself: messages, moments, and what counts as lost or doubled.
struct SelftestPlanTests {
  @Test(arguments: [1, 2, 3, 7, 20, 100])
  func `there are as many kills as asked for, and every round has messages`(_ kills: Int) {
    for seed in UInt64(0)..<20 {
      let rounds = PlanSelftest(kills: kills, messages: 40, seed: seed).run()
      #expect(rounds.reduce(0) { $0 + $1.kills } == kills)
      #expect(rounds.allSatisfy { $0.newMessages >= 1 })
      #expect(rounds.reduce(0) { $0 + $1.newMessages } == max(40, rounds.count))
      #expect(rounds == PlanSelftest(kills: kills, messages: 40, seed: seed).run())
    }
  }

  @Test func `kills are at steps and at times in turn, half of them followed by a run at once`() {
    let rounds = PlanSelftest(kills: 40, messages: 40, seed: 1).run()
    let kinds = rounds.map(\.kill.kind)
    #expect(kinds.indices.allSatisfy { kinds[$0] == ($0 % 2 == 0 ? .atStep : .afterTime) })
    for kind in [PlanSelftest.Kill.Kind.atStep, .afterTime] {
      let same = rounds.filter { $0.kill.kind == kind }
      let atOnce = same.count { $0.pause == 0 }
      #expect(abs(2 * atOnce - same.count) <= 2)
    }
    #expect(rounds.contains { $0.secondKill?.kind == .atStep })
    #expect(rounds.contains { $0.secondKill?.kind == .afterTime })
  }

  @Test func `other seeds make other plans`() {
    let plans = (UInt64(0)..<10).map { PlanSelftest(kills: 5, messages: 40, seed: $0).run() }
    for (index, plan) in plans.enumerated() {
      #expect(!plans[..<index].contains(plan))
    }
  }

  @Test(arguments: [UInt64(0), 1, 4_294_967_295])
  func `messages hold nothing that servers are known to alter`(_ seed: UInt64) throws {
    let messages = GenerateMessages(seed: seed).run(1...60)
    for message in messages {
      #expect(!message.content.contains(0) && !message.content.contains(.carriageReturn))
      #expect(message.content.last == .lineFeed)
      let end = try #require(message.content.firstRange(of: [.lineFeed, .lineFeed])).lowerBound
      let header = message.content[..<end]
      #expect(header.allSatisfy { $0 < 0x80 })
      for line in header.split(separator: .lineFeed) { #expect(line.contains(UInt8(ascii: ":"))) }
      #expect((1_000_000_000...1_700_000_000).contains(message.date.epochSeconds))
      #expect(!message.flags.system.contains(.deleted))
    }
    #expect(messages.contains { $0.content.count > 60_000 })
    #expect(messages.contains { (4_200..<10_000).contains($0.content.count) })
    #expect(messages.contains { $0.content.contains { $0 >= 0x80 } })
    #expect(messages.contains { !$0.flags.keywords.isEmpty })
    #expect(Set(messages.map(\.content)).count < 60, "there are twins")
    let again = GenerateMessages(seed: seed).run(1...60)
    #expect(messages.map(\.content) == again.map(\.content))
    #expect(messages.map(\.flags) == again.map(\.flags))
  }

  @Test func `messages with the header and the size of another differ in one octet`() {
    let messages = GenerateMessages(seed: 5).run(1...60)
    var pairs = 0
    for (one, other) in zip(messages, messages.dropFirst())
    where other.kind.hasPrefix("header and size") {
      #expect(one.content.count == other.content.count)
      let differences = zip(one.content, other.content).count { $0 != $1 }
      #expect(differences <= 1)
      pairs += differences
    }
    #expect(pairs > 0)
  }
}

struct CompareMailboxTests {
  private func digest(_ number: UInt8) throws -> ContentDigest {
    try #require(ContentDigest(bytes: [UInt8](repeating: number, count: 32)))
  }

  private func digests(_ exact: UInt8, _ tolerated: UInt8? = nil) throws -> ContentDigests {
    ContentDigests(
      exact: try digest(exact), tolerated: try digest(tolerated ?? 100 + exact))
  }

  private func wanted(
    _ number: Int, _ exact: UInt8, flags: Flags = Flags(), date: Int64 = 5
  ) throws -> CompareMailbox.Wanted {
    CompareMailbox.Wanted(
      number: number, digests: try digests(exact), flags: flags,
      date: InternalDate(epochSeconds: date), label: "message \(number)")
  }

  private func found(
    _ uid: UInt32, _ exact: UInt8, tolerated: UInt8? = nil, flags: Flags = Flags(), date: Int64? = 5
  ) throws -> CompareMailbox.Found {
    CompareMailbox.Found(
      uid: try #require(UID(uid)), digests: try digests(exact, tolerated), flags: flags,
      date: date.map { InternalDate(epochSeconds: $0) })
  }

  private func compare(
    _ wanted: [CompareMailbox.Wanted], _ found: [CompareMailbox.Found]
  ) -> [String] {
    CompareMailbox().run(wanted, found).map {
      "\($0.kind) \($0.message.map { "\($0)" } ?? "-") \($0.uid.map { "\($0)" } ?? "-")"
    }
  }

  @Test func `equal ones, in any order, twins with other flags and dates among them`() throws {
    let twins = [
      try wanted(1, 1, flags: Flags(.seen)), try wanted(2, 1, date: 7), try wanted(3, 2),
      try wanted(4, 1, flags: Flags(.seen), date: 7),
    ]
    let there = [
      try found(1, 2), try found(2, 1, flags: Flags(.seen), date: 7), try found(3, 1, date: 7),
      try found(4, 1, flags: Flags(.seen)),
    ]
    #expect(compare(twins, there) == [])
    #expect(compare([], []) == [])
  }

  @Test func `lost, also one of twins`() throws {
    let sent = [try wanted(1, 1), try wanted(2, 1), try wanted(3, 3)]
    #expect(compare(sent, [try found(9, 1)]) == ["lost 2 -", "lost 3 -"])
  }

  @Test func `doubled, also in a form that the server altered`() throws {
    let there = [try found(1, 1), try found(2, 1), try found(3, 9, tolerated: 101)]
    #expect(compare([try wanted(1, 1)], there) == ["doubled 1 2", "doubled 1 3"])
  }

  @Test func `different in content, flags or date`() throws {
    let sent = [try wanted(1, 1), try wanted(2, 2), try wanted(3, 3), try wanted(4, 4)]
    let there = [
      try found(1, 9, tolerated: 101), try found(2, 2, flags: Flags(.draft)),
      try found(3, 3, date: 6), try found(4, 4, date: nil),
    ]
    #expect(
      compare(sent, there).sorted() == [
        "different 1 1", "different 2 2", "different 3 3", "different 4 4",
      ])
  }

  @Test func `a message that was never sent`() throws {
    #expect(compare([try wanted(1, 1)], [try found(1, 1), try found(2, 5)]) == ["unknown - 2"])
  }
}

struct ChooseMomentTests {
  /// One a millisecond.
  private let names = (1...20).map { number in
    PushStep(
      nanoseconds: Int64(number) * 1_000_000,
      name: number == 10 ? PushStep.firstOfSending : number == 12 ? "push: y" : "journal: z")
  }

  private func steps(of names: [PushStep], isResumed: Bool = false) -> Set<Int> {
    let choice = ChooseMoment(steps: names, seconds: 1, settleSeconds: 10)
    return Set(
      (0..<1000).compactMap { number in
        let kill = PlanSelftest.Kill(kind: .atStep, fraction: Double(number) / 1000)
        guard case .step(let step) = choice.run(kill, isResumed: isResumed) else { return nil }
        return step
      })
  }

  @Test func `steps are among those that there are, most of them about sending`() {
    #expect(steps(of: names) == Set(1...20))
    #expect(steps(of: names, isResumed: true) == Set(1...20))
    #expect(steps(of: []) == Set(1...12))
    #expect(steps(of: Array(names[..<1])) == [1])
    let choice = ChooseMoment(steps: names, seconds: 1, settleSeconds: 10)
    for fraction in [0, 0.3, 0.69] {
      let kill = PlanSelftest.Kill(kind: .atStep, fraction: fraction)
      guard case .step(let step) = choice.run(kill, isResumed: false) else { continue }
      #expect((7...15).contains(step))
    }
  }

  @Test func `times are within those of a push, and of its wait if it goes on`() {
    let choice = ChooseMoment(steps: names, seconds: 2, settleSeconds: 10)
    var ofSending = 0
    for number in 0..<100 {
      let kill = PlanSelftest.Kill(kind: .afterTime, fraction: Double(number) / 100)
      switch choice.run(kill, isResumed: false) {
      case .seconds(let seconds): #expect((0.2..<2).contains(seconds))
      case .secondsOfSending(let seconds):
        #expect((0..<0.003).contains(seconds))
        ofSending += 1
      case .step: Issue.record("a step")
      }
      guard case .seconds(let resumed) = choice.run(kill, isResumed: true) else {
        Issue.record("no time")
        continue
      }
      #expect((1.2..<12).contains(resumed))
    }
    #expect(ofSending == 70)
  }
}
