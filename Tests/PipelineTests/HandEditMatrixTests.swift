import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Everything that people do to an archive, in every layout, before a push and before a pull.
@Suite(.requiresDovecot, .serialized) struct HandEditMatrixTests {
  /// One edit, and what has to come of it.
  struct Edit: CustomTestStringConvertible, Sendable {
    let name: String
    var layouts = ArchiveIdentity.Layout.allCases
    /// What is in the archive afterwards: without these, with those.
    var less: [String] = []
    var more: [String] = []
    /// What is on the target, where that is not the same.
    var lessThere: [String]?
    var moreThere: [String]?
    /// How many messages the next push appends.
    var appended = 0
    /// How many it moves.
    var moved = 0
    /// Whether a pull asks before it believes it.
    var asks = false
    let apply: @Sendable (ArchiveHand) throws -> Void

    var testDescription: String { name }
  }

  private static let maildirs = [ArchiveIdentity.Layout.maildir, .maildirPlusPlus]
  private static let before =
    (0..<6).map { "INBOX: m\($0)" } + (0..<3).map { "Work: w\($0)" }

  static let edits = [
    Edit(name: "deleted", less: ["INBOX: m0", "INBOX: m5"], lessThere: []) {
      try $0.delete(["m0", "m5"])
    },
    Edit(name: "moved", less: ["INBOX: m1"], more: ["Work: m1"], moved: 1) {
      try $0.move("m1", to: "Work")
    },
    Edit(name: "copied", more: ["Work: m1"], appended: 1) { try $0.copy("m1", to: "Work") },
    Edit(name: "flagged") { try $0.flag("m2", "FS") },
    Edit(
      name: "body edited", less: [], more: [], lessThere: [], moreThere: ["INBOX: m2"], appended: 1
    ) { try $0.edit("m2", "Text of", "Another text of") },
    Edit(
      name: "date edited", less: [], more: [], lessThere: [], moreThere: ["INBOX: m2"], appended: 1
    ) { try $0.edit("m2", "Mon, 05 Jan 2015", "Monday, 05 Jan 2015") },
    Edit(
      name: "subject edited", less: ["INBOX: m2"], more: ["INBOX: edited"], lessThere: [],
      appended: 1
    ) { try $0.edit("m2", "Subject: m2", "Subject: edited") },
    Edit(name: "added", more: ["INBOX: new", "Work: other"], appended: 2) {
      try $0.add("new", flags: "S")
      try $0.add("other", to: "Work")
    },
    Edit(name: "added as .eml", layouts: maildirs, more: ["INBOX: new"], appended: 1) {
      let text = String(decoding: PullBench.message("new"), as: UTF8.self)
      try writeFile($0.path("INBOX") + "/cur/new.eml", text.replacing("\r\n", with: "\n"))
    },
    Edit(
      name: "mailbox renamed", less: (0..<3).map { "Work: w\($0)" },
      more: (0..<3).map { "Business: w\($0)" }, moved: 3
    ) { try $0.rename("Work", to: "Business") },
    Edit(
      name: "mailboxes merged", less: (0..<3).map { "Work: w\($0)" },
      more: (0..<3).map { "INBOX: w\($0)" }, moved: 3
    ) { hand in
      for index in 0..<3 { try hand.move("w\(index)", from: "Work", to: "INBOX") }
      try hand.remove("Work")
    },
    Edit(
      name: "mailbox made", less: ["INBOX: m0"], more: ["Mine: m0", "Mine: new"], appended: 1,
      moved: 1
    ) { hand in
      try hand.make("Mine")
      try hand.move("m0", to: "Mine")
      try hand.add("new", to: "Mine")
    },
    Edit(
      name: "mailbox removed", less: (0..<3).map { "Work: w\($0)" }, lessThere: [], asks: true
    ) { try $0.remove("Work") },
    Edit(name: "copied with cp -r, times lost") { hand in
      try runSuccessfully("/bin/cp", ["-r", hand.archive, hand.archive + ".new"])
      try runSuccessfully("/bin/rm", ["-r", hand.archive])
      #expect(Glibc.rename(hand.archive + ".new", hand.archive) == 0)
    },
    Edit(
      name: "all at once", less: ["INBOX: m0", "INBOX: m1", "INBOX: m3"],
      more: ["Work: m1", "INBOX: edited", "Work: new"], lessThere: ["INBOX: m1"], appended: 2,
      moved: 1
    ) { hand in
      try hand.delete(["m0"])
      try hand.move("m1", to: "Work")
      try hand.flag("m2", "FS")
      try hand.edit("m3", "Subject: m3", "Subject: edited")
      try hand.add("new", to: "Work", flags: "S")
    },
  ]

  static let cases = edits.flatMap { edit in edit.layouts.map { (edit, $0) } }

  private static func pulled(
    _ layout: ArchiveIdentity.Layout
  ) async throws -> (PushBench, ArchiveHand) {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    for index in 0..<6 { try bench.source.append("m\(index)", flags: ["\\Seen"]) }
    for index in 0..<3 { try bench.source.append("w\(index)", to: "Work") }
    try await bench.pull(layout: layout)
    try await bench.push()
    return (bench, ArchiveHand(archive: bench.archive, layout: layout))
  }

  private static func there(_ bench: PushBench) -> [String] {
    ["INBOX", "Work", "Business", "Mine"].flatMap { mailbox in
      ((try? bench.plain.messages(in: mailbox)) ?? []).map { "\(mailbox): \($0.subject)" }
    }.sorted()
  }

  private static func changed(_ less: [String], _ more: [String]) -> [String] {
    (before.filter { !less.contains($0) } + more).sorted()
  }

  @Test(arguments: cases)
  func `a push brings over exactly the difference`(
    _ edit: Edit, _ layout: ArchiveIdentity.Layout
  ) async throws {
    let (bench, hand) = try await Self.pulled(layout)
    try edit.apply(hand)
    let kept = try ArchiveView(bench.archive).subjects
    #expect(kept == Self.changed(edit.less, edit.more))
    let report = try await bench.push()
    #expect(report.exitStatus == .done)
    #expect(report.mailboxes.map(\.transferred).reduce(0, +) == edit.appended)
    #expect(report.mailboxes.map(\.moved).reduce(0, +) == edit.moved)
    let expected = Self.changed(edit.lessThere ?? edit.less, edit.moreThere ?? edit.more)
    #expect(Self.there(bench) == expected)
    let again = try await bench.push()
    #expect(again.mailboxes.map(\.transferred).reduce(0, +) == 0)
    #expect(Self.there(bench) == expected)
    #expect(try ArchiveView(bench.archive).subjects == kept)
  }

  @Test(arguments: cases)
  func `a pull leaves it so, and brings what is new`(
    _ edit: Edit, _ layout: ArchiveIdentity.Layout
  ) async throws {
    let (bench, hand) = try await Self.pulled(layout)
    try edit.apply(hand)
    try bench.source.plain.select("INBOX")
    try bench.source.plain.store("1:*", "+FLAGS (\\Answered)")
    try bench.source.append("later")
    try bench.source.append("later", to: "Work")
    let report = try await bench.source.pull()
    #expect(report.questions.count == (edit.asks ? 1 : 0))
    if edit.asks { try await bench.source.pull(accept: true) }
    let home = edit.more.contains("Business: w0") ? "Business" : "Work"
    let expected = Self.changed(edit.less, edit.more + ["INBOX: later", "\(home): later"])
    let view = try ArchiveView(bench.archive)
    #expect(view.subjects == expected.sorted())
    // What changed at the source follows each message that came from there, wherever it is now.
    let answered = view.messages.filter { $0.flags.contains("\\answered") }.map(\.subject)
    let fromInbox = (0..<6).map { "m\($0)" }
    #expect(Set(answered).isSubset(of: fromInbox + ["edited"]))
    #expect(answered.count >= 6 - edit.less.count)
    #expect(
      try await bench.source.pull().sums.filter { $0.key != "deleted" && $0.key != "gone" } == [:])
    #expect(try ArchiveView(bench.archive).subjects == expected.sorted())
    // And then a push: the same as without the pull in between, and what is new.
    let pushed = try await bench.push()
    #expect(pushed.mailboxes.map(\.moved).reduce(0, +) == edit.moved)
    #expect(pushed.mailboxes.map(\.transferred).reduce(0, +) == edit.appended + 2)
  }
}
