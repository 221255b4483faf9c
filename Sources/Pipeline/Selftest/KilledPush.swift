import Glibc
package import Platform

/// Starts `mailarc push` as a process of its own.
package protocol PushLauncher: Sendable {
  /// Starts a push of that archive into the account, with these variables besides its own; its
  /// standard error comes here.
  ///
  /// - Throws: what keeps it from being started.
  func start(archive: String, variables: [String: String]) throws -> SpawnedProcess
}

/// Runs one push to its end or to the moment at which it is killed.
struct KilledPush {
  /// When to kill it.
  enum Moment: Sendable, Equatable {
    case step(Int)
    /// So much time after it began.
    case seconds(Double)
    /// So much time after it began to send.
    case secondsOfSending(Double)
  }

  /// What became of it.
  struct Outcome {
    let ending: SpawnedProcess.Ending
    let seconds: Double
    /// What it wrote on its standard error, the first part of it.
    let errors: String

    var wasKilled: Bool { ending == .killed(signal: SIGKILL) }
  }

  private static let mostErrors = 1 << 16

  let launcher: any PushLauncher
  let archive: ScratchArchive
  let interruption: Interruption

  /// Runs it.
  ///
  /// - Parameter moment: when it is killed; nil to let it end by itself.
  /// - Returns: what became of it.
  /// - Throws: what keeps it from being started; a failure with the cause `interrupted` after it was
  ///   killed because of that.
  func run(killing moment: Moment?) throws -> Outcome {
    var variables = ["MAILARC_LIST_STEPS_IN": archive.stepList]
    var deadline = Deadline.never
    switch moment {
    case .step(let step): variables["MAILARC_KILL_AT_STEP"] = "\(step)"
    case .seconds(let seconds): deadline = .after(seconds: seconds)
    case .secondsOfSending(let seconds):
      variables["MAILARC_KILL_AT_STEP"] = "1"
      variables["MAILARC_KILL_AT_POINT"] = PushStep.firstOfSending
      variables["MAILARC_KILL_AFTER_MICROSECONDS"] = "\(Int(seconds * 1e6))"
    case nil: break
    }
    try archive.resetSteps()
    let start = MonotonicClock.now
    let process = try launcher.start(archive: archive.path, variables: variables)
    var errors: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      do throws(PollError) {
        _ = try Poller.wait(
          descriptor: process.output.rawValue, for: .read, until: deadline,
          interruption: interruption)
      } catch {
        process.signal(SIGKILL)
        let ending = process.wait()
        if error == .interrupted { try interruption.stopIfRaised() }
        return outcome(ending, since: start, errors)
      }
      let count = read(process.output.rawValue, &buffer, buffer.count)
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      guard count > 0 else { break }
      errors += buffer.prefix(min(count, Self.mostErrors - errors.count))
    }
    return outcome(process.wait(), since: start, errors)
  }

  private func outcome(
    _ ending: SpawnedProcess.Ending, since start: MonotonicClock, _ errors: [UInt8]
  ) -> Outcome {
    Outcome(
      ending: ending, seconds: MonotonicClock.now.seconds(since: start),
      errors: String(decoding: errors, as: UTF8.self))
  }
}
