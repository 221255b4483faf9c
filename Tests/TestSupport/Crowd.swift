import Synchronization

/// How many connections a fake server takes at a time, and how it turns the others away.
package final class Crowd: Sendable {
  /// What becomes of a connection.
  package enum Welcome: Sendable, Equatable {
    case welcome
    /// Greeted with BYE.
    case bye
    /// Closed without a word.
    case closes
    /// Left open without a word.
    case staysSilent
    /// Greeted, and the login answered so.
    case login(String)
  }

  private struct State {
    var most = Int.max
    var refusal = Welcome.bye
    var times = Int.max
    var silentEnded = 0
    var inside = 0
    var refused = 0
    var logins = 0
    var loginAnswers: [String] = []
  }

  private let state = Mutex(State())

  package init() {}

  /// From now on so many are taken, and the others turned away so.
  ///
  /// - Parameters:
  ///   - most: how many.
  ///   - refusal: how others are turned away.
  ///   - times: after so many of these everybody is let in, so that a test comes to its end.
  package func limit(_ most: Int, _ refusal: Welcome, times: Int = .max) {
    state.withLock { state in
      state.most = most
      state.times = times
      state.refusal = refusal
    }
  }

  /// What the next logins are answered, before the password counts.
  package func answerLogins(_ answers: [String]) { state.withLock { $0.loginAnswers = answers } }

  /// How many connections were turned away.
  package var refused: Int { state.withLock { $0.refused } }

  /// How many connections that were left without a word are gone.
  package var silentEnded: Int { state.withLock { $0.silentEnded } }

  /// One of them is gone.
  package func endSilence() { state.withLock { $0.silentEnded += 1 } }

  /// How often a password came.
  package var logins: Int { state.withLock { $0.logins } }

  /// Somebody connects; who is welcome has to `leave`.
  package func enter() -> Welcome {
    state.withLock { state in
      guard state.inside >= state.most, state.refused < state.times else {
        state.inside += 1
        return .welcome
      }
      state.refused += 1
      return state.refusal
    }
  }

  /// Somebody who was welcome is gone.
  package func leave() { state.withLock { $0.inside -= 1 } }

  /// A password came; what it is answered if it does not count.
  package func logsIn(_ welcome: Welcome) -> String? {
    state.withLock { state in
      state.logins += 1
      if case .login(let answer) = welcome { return answer }
      return state.loginAnswers.isEmpty ? nil : state.loginAnswers.removeFirst()
    }
  }
}
