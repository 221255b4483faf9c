/// Chooses the moment at which a push is killed, by what was measured of one that was not.
///
/// Most kills are where it matters: while messages are on their way and it is not recorded yet that they
/// arrived. The others are anywhere.
struct ChooseMoment {
  /// A first push passes at least so many points.
  private static let fewestSteps = 12
  /// So many points on either side of those that are about sending belong to it: the journal's.
  private static let margin = 3
  /// Most rounds have more messages than the push that was measured.
  private static let longer = 1.3
  /// Which part of the kills is where it matters.
  private static let share = 0.7

  /// The points that an undisturbed push passes; empty if that is not known yet.
  var steps: [PushStep] = []
  /// How long it takes.
  var seconds = 0.2
  /// How long a push that goes on after a kill waits at least.
  let settleSeconds: Double

  /// The moment for a kill; `isResumed` says that the push goes on after an earlier one was killed.
  func run(_ kill: PlanSelftest.Kill, isResumed: Bool) -> KilledPush.Moment {
    // What is left of the fraction chooses within the part.
    let isAnywhere = kill.fraction >= Self.share
    let rest =
      isAnywhere
      ? (kill.fraction - Self.share) / (1 - Self.share) : kill.fraction / Self.share
    switch kill.kind {
    case .atStep:
      let range = isAnywhere || isResumed ? 1...count : sending
      return .step(range.lowerBound + Int(rest * Double(range.count)))
    case .afterTime:
      if isResumed { return .seconds((settleSeconds + seconds) * (0.1 + 0.8 * rest)) }
      if let sendingSeconds, !isAnywhere { return .secondsOfSending(sendingSeconds * rest) }
      return .seconds(seconds * (0.1 + 0.8 * rest))
    }
  }

  private var count: Int { max(steps.count, steps.isEmpty ? Self.fewestSteps : 1) }

  /// From the record of what is about to be sent to the record of what arrived.
  private var sending: ClosedRange<Int> {
    guard let first = steps.firstIndex(where: \.isAboutSending),
      let last = steps.lastIndex(where: \.isAboutSending)
    else { return 1...count }
    return max(1, first + 1 - Self.margin)...min(count, last + 1 + Self.margin)
  }

  /// How long messages were on their way, and a little more.
  private var sendingSeconds: Double? {
    guard let first = steps.first(where: { $0.name == PushStep.firstOfSending }),
      let last = steps.last(where: \.isAboutSending)
    else { return nil }
    return Double(last.nanoseconds - first.nanoseconds) / 1e9 * Self.longer
  }
}
