/// Decides what is done in each round of a selftest: how many messages come in, and when the push of
/// them is killed.
///
/// Follows from the seed alone: the same numbers give the same plan.
struct PlanSelftest {
  /// A moment at which a push is killed.
  struct Kill: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
      /// At one of the points at which the process tells where it is.
      case atStep
      /// When some time has passed, whatever the process does then.
      case afterTime
    }

    let kind: Kind
    /// Which step, or which moment, from 0 for the first up to 1 for the last.
    let fraction: Double
  }

  /// One round.
  struct Round: Sendable, Equatable {
    let newMessages: Int
    /// How many messages of earlier rounds get other flags.
    let newFlags: Int
    let kill: Kill
    /// Whether, and when, the run that goes on is killed too.
    let secondKill: Kill?
    /// How long to wait before that run, as a part of the longest pause; 0 is at once.
    let pause: Double

    var kills: Int { secondKill == nil ? 1 : 2 }
  }

  let kills: Int
  let messages: Int
  let seed: UInt64

  /// The rounds, with as many kills as there are to be.
  func run() -> [Round] {
    var rounds: [Round] = []
    var left = kills
    while left > 0 {
      let round = round(rounds.count + 1, newMessages: 1, mayKillTwice: left > 1)
      left -= round.kills
      rounds.append(round)
    }
    return zip(rounds, shares(of: rounds.count)).map { round, share in
      Round(
        newMessages: share, newFlags: round.newFlags, kill: round.kill,
        secondKill: round.secondKill, pause: round.pause)
    }
  }

  /// One more round, for a kill that came too late.
  func extraRound(_ number: Int) -> Round {
    round(number, newMessages: 2, mayKillTwice: false)
  }

  private func round(_ number: Int, newMessages: Int, mayKillTwice: Bool) -> Round {
    var random = SeededRandom(seed: seed, purpose: UInt64(number))
    let kill = Kill(
      kind: number.isMultiple(of: 2) ? .afterTime : .atStep,
      fraction: Double.random(in: 0..<1, using: &random))
    let second = Kill(
      kind: number.isMultiple(of: 6) ? .atStep : .afterTime,
      fraction: Double.random(in: 0..<1, using: &random))
    let pause = Double.random(in: 0.2...1, using: &random)
    return Round(
      newMessages: newMessages, newFlags: Int.random(in: 0...2, using: &random), kill: kill,
      secondKill: mayKillTwice && number.isMultiple(of: 3) ? second : nil,
      // Half of the kills of either kind are followed by a run at once.
      pause: number / 2 % 2 == 0 ? 0 : pause)
  }

  /// Parts of all messages, at least one each, some much larger than others.
  private func shares(of rounds: Int) -> [Int] {
    var random = SeededRandom(seed: seed, purpose: 0)
    var shares = [Int](repeating: 1, count: rounds)
    for _ in 0..<max(0, messages - rounds) {
      // The square draws towards the first places of an order that the seed shuffles.
      let place = Double.random(in: 0..<1, using: &random)
      shares[Int(place * place * Double(rounds))] += 1
    }
    return shares.shuffled(using: &random)
  }
}
