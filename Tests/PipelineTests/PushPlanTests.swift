import Journals
import Mail
import Platform
import Testing

@testable import Pipeline

/// The comparison of an archive mailbox with the index of a target mailbox, on values alone.
@Suite struct PushPlanTests {
  /// `a` is a message; `a.f` one in the file f; `a.f!` one that is flagged.
  private static func message(_ text: Substring) -> PlanPush.Message {
    let parts = text.split(separator: "!", omittingEmptySubsequences: false)
    let name = parts[0].split(separator: ".")
    return PlanPush.Message(
      digest: digest(name[0]), flags: parts.count > 1 ? Flags([.flagged]) : Flags(),
      source: name.count > 1 ? String(name[1]) : "")
  }

  private static func digest(_ name: Substring) -> ContentDigest {
    SHA256.digest(of: Array(name.utf8).span)
  }

  /// As `message`; `-a` is gone, `?a` somebody's own, `=a` collapsed, `+a` found there.
  private static func entry(_ text: Substring, _ number: Int) -> IndexEntry {
    let mark = text.first.flatMap { "-?=+".contains($0) ? $0 : nil }
    let message = message(mark == nil ? text : text.dropFirst())
    let origin: IndexEntry.Origin =
      mark == "?" ? .other : mark == "=" ? .collapsed : mark == "+" ? .found : .pushed
    return IndexEntry(
      number: number, uid: UID(UInt32(number)), digest: origin == .other ? nil : message.digest,
      headerKey: HeaderKey(hash: 1, hasMessageID: true), size: 1, origin: origin,
      flags: message.flags, isGone: mark == "-", source: message.source)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let archive: String
    let index: String
    var refused = ""
    var resend = false
    var retry = false
    /// `send 0,1`, `refused`, `pairs 0:1`, `gone 1`, `present 1`, `surplus 1`, `replaced 1`.
    let plan: String
  }

  static let cases: [Case] = [
    Case(testDescription: "nothing anywhere", archive: "", index: "", plan: ""),
    Case(testDescription: "all is new", archive: "a b a", index: "", plan: "send 0,1,2"),
    Case(
      testDescription: "all is there", archive: "a b", index: "b a",
      plan: "pairs 0:2,1:1 present 2"),
    Case(
      testDescription: "one of two twins is there", archive: "a a", index: "a",
      plan: "pairs 0:1 present 1 send 1"),
    Case(
      testDescription: "more twins there than here", archive: "a", index: "a a",
      plan: "pairs 0:1 present 1 surplus 2"),
    Case(
      testDescription: "found ones are nobody's surplus", archive: "", index: "+a ?b a",
      plan: "surplus 3"),
    Case(
      testDescription: "somebody's own mail stands for nothing", archive: "a", index: "?a",
      plan: "send 0"),
    Case(
      testDescription: "gone ones stay gone", archive: "a b", index: "-a b",
      plan: "gone 1 pairs 1:2 present 1"),
    Case(
      testDescription: "gone ones are sent again on request", archive: "a b", index: "-a b",
      resend: true, plan: "pairs 1:2 present 1 replaced 1 send 0"),
    Case(
      testDescription: "a live entry comes before a gone one", archive: "a", index: "-a a",
      plan: "pairs 0:2 present 1"),
    Case(
      testDescription: "of twins one is gone", archive: "a a a", index: "a -a",
      plan: "gone 1 pairs 0:1 present 1 send 2"),
    Case(
      testDescription: "of twins one is gone and sent again", archive: "a a", index: "a -a",
      resend: true, plan: "pairs 0:1 present 1 replaced 2 send 1"),
    Case(
      testDescription: "a collapsed one counts as there", archive: "a a", index: "a =a",
      plan: "pairs 0:1,1:2 present 2"),
    Case(
      testDescription: "twins are paired by their files", archive: "a.x a.y", index: "a.y a.x",
      plan: "pairs 0:2,1:1 present 2"),
    Case(
      testDescription: "else by their flags", archive: "a! a", index: "a a!",
      plan: "pairs 0:2,1:1 present 2"),
    Case(
      testDescription: "by file before flags", archive: "a.x! a.y", index: "a.x a.z!",
      plan: "pairs 0:1,1:2 present 2"),
    Case(
      testDescription: "refused ones are not sent", archive: "a b a", index: "", refused: "a",
      plan: "refused 0,2 send 1"),
    Case(
      testDescription: "refused ones are sent on request", archive: "a b a", index: "",
      refused: "a", retry: true, plan: "send 0,1,2"),
    Case(
      testDescription: "a refused one that is there after all", archive: "a", index: "+a",
      refused: "a", plan: "pairs 0:1 present 1"),
  ]

  @Test(arguments: cases) func `a plan`(_ one: Case) {
    var record = PushRecord()
    for (index, text) in one.index.split(separator: " ").enumerated() {
      record.apply(.entry(Self.entry(text, index + 1)))
    }
    for name in one.refused.split(separator: " ") {
      record.apply(.refused(Self.digest(name), reason: "bad"))
    }
    let plan = PlanPush(record: record, resendDeleted: one.resend, retryRefused: one.retry)
      .run(one.archive.split(separator: " ").map { Self.message($0) })
    #expect(Self.words(plan) == one.plan)
  }

  private static func words(_ plan: PlanPush.Plan) -> String {
    func list(_ name: String, _ items: [String]) -> String? {
      items.isEmpty ? nil : name + " " + items.joined(separator: ",")
    }
    let pairs = plan.pairs.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
    let words = [
      plan.goneOnTarget == 0 ? nil : "gone \(plan.goneOnTarget)", list("pairs", pairs),
      plan.alreadyPresent == 0 ? nil : "present \(plan.alreadyPresent)",
      list("refused", plan.refused.map { "\($0)" }),
      list("replaced", plan.replaced.map { "\($0)" }), list("send", plan.toSend.map { "\($0)" }),
      list("surplus", plan.surplus.map { "\($0)" }),
    ]
    return words.compactMap { $0 }.joined(separator: " ")
  }

  @Test func `every message is sent, there, gone or refused, and every entry is used once`() {
    var seed: UInt64 = 1
    func random(_ below: UInt64) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((seed >> 33) % below)
    }
    for _ in 0..<500 {
      let names = ["a", "b", "c"]
      let archive = (0..<random(7)).map { _ in
        Self.message("\(names[random(3)]).\(random(3))\(random(2) == 0 ? "!" : "")"[...])
      }
      var record = PushRecord()
      let entries = (0..<random(7)).map { index in
        Self.entry(
          "\(["", "-", "?", "+", "="][random(5)])\(names[random(3)]).\(random(3))", index + 1)
      }
      for entry in entries { record.apply(.entry(entry)) }
      if random(3) == 0 { record.apply(.refused(Self.digest("b"), reason: "")) }
      let resend = random(2) == 0
      let plan = PlanPush(record: record, resendDeleted: resend, retryRefused: false).run(archive)
      #expect(
        plan.toSend.count + plan.refused.count + plan.pairs.count + plan.goneOnTarget
          == archive.count)
      #expect(Set(plan.pairs.values).count == plan.pairs.count)
      #expect(plan.pairs.count == plan.alreadyPresent)
      for (place, number) in plan.pairs {
        #expect(record.entries[number]?.digest == archive[place].digest)
        #expect(record.entries[number]?.isGone == false)
      }
      // By count: what is there afterwards is what the archive has, or more.
      for name in names {
        let digest = Self.digest(name[...])
        let known = entries.count { $0.digest == digest && (!$0.isGone || !resend) }
        let sent = plan.toSend.count { archive[$0].digest == digest }
        let refused = plan.refused.count { archive[$0].digest == digest }
        let wanted = archive.count { $0.digest == digest }
        #expect(sent + refused == max(0, wanted - known))
      }
    }
  }
}
