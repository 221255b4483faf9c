import Clients
import Mail
import Platform

/// Carries out the rounds of a selftest: messages come in, their push is killed and run again, and what
/// is on the server then is compared with the archive.
final class RunRounds {
  /// How often a push that found the server busy is run again.
  private static let mostRetries = 3

  private let options: SelftestOptions
  private let archive: ScratchArchive
  private let mailbox: ScratchMailbox
  private let push: KilledPush
  private let observer: any SelftestObserver
  private(set) var report: SelftestReport
  private var choice: ChooseMoment

  init(
    options: SelftestOptions, archive: ScratchArchive, mailbox: ScratchMailbox, push: KilledPush,
    observer: any SelftestObserver
  ) {
    self.options = options
    self.archive = archive
    self.mailbox = mailbox
    self.push = push
    self.observer = observer
    choice = ChooseMoment(settleSeconds: options.settleSeconds)
    report = SelftestReport(plannedKills: options.kills, seed: options.seed)
  }

  /// Runs until there were as many kills as there are to be, or until something is found.
  ///
  /// - Throws: what keeps a round from being done.
  func run() throws {
    let plan = PlanSelftest(kills: options.kills, messages: options.messages, seed: options.seed)
    var rounds = plan.run()[...]
    // Kills that come too late are made up for, but not for ever.
    let most = 3 * rounds.count + 5
    while report.kills < options.kills, report.rounds < most, report.findings.isEmpty {
      report.rounds += 1
      try perform(rounds.popFirst() ?? plan.extraRound(report.rounds))
      if report.rounds == 1, report.kills < options.kills { try measure() }
    }
    guard report.findings.isEmpty else { return }
    // What a server was still carrying out would have arrived by now.
    try mailbox.server.wait(seconds: options.mostPause)
    report.findings = try compare()
  }

  private func perform(_ round: PlanSelftest.Round) throws {
    let start = MonotonicClock.now
    try archive.change(
      adding: round.newMessages, reflagging: round.newFlags, in: report.rounds)
    report.messages = archive.messages.count
    var hits: [SelftestKill] = []
    var last: KilledPush.Outcome?
    for kill in [round.kill] + (round.secondKill.map { [$0] } ?? []) {
      let moment = choice.run(kill, isResumed: !hits.isEmpty)
      let outcome = try push.run(killing: moment)
      last = outcome
      guard outcome.wasKilled else {
        if hits.isEmpty { try learn(from: outcome) }
        break
      }
      hits.append(SelftestKill(moment: try words(moment)))
      report.kills += 1
      try mailbox.server.wait(seconds: round.pause * options.mostPause)
    }
    try finish(last)
    report.findings = try compareTwice()
    observer.round(
      SelftestRound(
        number: report.rounds, kills: hits, pause: round.pause * options.mostPause,
        messages: report.messages, seconds: MonotonicClock.now.seconds(since: start),
        findings: report.findings.count))
  }

  /// Pushes a little without a kill, to know how long that takes.
  ///
  /// Not at first: the first push makes the mailbox, and is killed as well.
  private func measure() throws {
    try archive.change(adding: 2, reflagging: 1, in: 0)
    report.messages = archive.messages.count
    let outcome = try push.run(killing: nil)
    try learn(from: outcome)
    try finish(outcome)
  }

  private func learn(from outcome: KilledPush.Outcome) throws {
    guard outcome.ending == .exited(0) else { return }
    choice.steps = try archive.steps()
    choice.seconds = outcome.seconds
  }

  private func words(_ moment: KilledPush.Moment) throws -> String {
    // Where it died is about the last point that it told of.
    let place = try archive.steps().last.map { " (\($0.name))" } ?? ""
    switch moment {
    case .step(let step): return "at step \(step)" + place
    case .seconds(let seconds): return "after \(Self.words(seconds: seconds))" + place
    case .secondsOfSending(let seconds):
      return "after \(Self.words(seconds: seconds)) of sending" + place
    }
  }

  private static func words(seconds: Double) -> String {
    let milliseconds = Int((seconds * 1000).rounded())
    guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
    return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }

  /// Runs the push again until it ends by itself.
  private func finish(_ last: KilledPush.Outcome?) throws {
    var outcome = try last.flatMap { $0.wasKilled ? nil : $0 } ?? push.run(killing: nil)
    for _ in 0..<Self.mostRetries where PushFailure(outcome).mayPass {
      try mailbox.server.wait(seconds: options.mostPause)
      outcome = try push.run(killing: nil)
    }
    switch outcome.ending {
    case .exited(0): return
    case .exited(1):
      report.complaints += 1
      observer.note("a push could not do everything: \(PushFailure(outcome).words)", advice: nil)
    default: throw PushFailure(outcome).failure
    }
  }

  /// What is found is looked at once more, on a new connection: a server may be late to show what it
  /// has.
  private func compareTwice() throws -> [SelftestFinding] {
    let findings = try compare()
    guard !findings.isEmpty else { return [] }
    // Kept for looking at also if the second look is never taken.
    report.findings = findings
    mailbox.server.drop()
    try mailbox.server.wait(seconds: options.mostPause)
    return try compare()
  }

  private func compare() throws -> [SelftestFinding] {
    let (found, kept) = try mailbox.read()
    let wanted = archive.wanted.map { wanted in
      CompareMailbox.Wanted(
        number: wanted.number, digests: wanted.digests,
        flags: kept?.kept(of: wanted.flags) ?? wanted.flags, date: wanted.date,
        label: wanted.label)
    }
    return CompareMailbox().run(wanted, found)
  }
}
