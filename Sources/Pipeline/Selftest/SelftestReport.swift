/// A kill that hit.
package struct SelftestKill: Sendable, Equatable {
  /// When, in words: `at step 7 (journal: flushed)`, `after 12 ms (push: answered)`.
  package let moment: String

  package init(moment: String) { self.moment = moment }
}

/// One round of a selftest.
package struct SelftestRound: Sendable, Equatable {
  /// Counted from 1.
  package let number: Int
  /// The kills that hit; none if the push had ended before.
  package let kills: [SelftestKill]
  /// Seconds between the last kill and the run after it.
  package let pause: Double
  /// How many messages the archive has by now.
  package let messages: Int
  /// How long the round took.
  package let seconds: Double
  /// What is not as it has to be.
  package let findings: Int

  package init(
    number: Int, kills: [SelftestKill], pause: Double, messages: Int, seconds: Double, findings: Int
  ) {
    self.number = number
    self.kills = kills
    self.pause = pause
    self.messages = messages
    self.seconds = seconds
    self.findings = findings
  }
}

/// What wants to know how a selftest goes on.
package protocol SelftestObserver: Sendable {
  /// The scratch mailbox and the scratch archive have these names.
  func began(mailbox: String, archive: String)
  /// A round is over.
  func round(_ round: SelftestRound)
  /// Something worth knowing came up.
  func note(_ text: String, advice: String?)
}

/// What came of a selftest.
package struct SelftestReport: Sendable, Equatable {
  /// Rounds that were begun.
  package var rounds = 0
  /// Kills that hit.
  package var kills = 0
  /// Kills that were to be.
  package var plannedKills: Int
  /// Messages that were pushed.
  package var messages = 0
  /// Pushes that ended by themselves and were not content (exit status 1).
  package var complaints = 0
  /// What is not as it has to be; the rounds end with the first one in which there is something.
  package var findings: [SelftestFinding] = []
  /// What all choices followed from.
  package let seed: UInt64
  /// The mailbox that is still on the server: because something was found, or because it could not be
  /// removed.
  package var mailbox: String?
  /// The archive that is still there, for the same reasons.
  package var archive: String?

  package init(plannedKills: Int, seed: UInt64) {
    self.plannedKills = plannedKills
    self.seed = seed
  }

  /// How many findings are of that kind.
  package func count(_ kind: SelftestFinding.Kind) -> Int { findings.count { $0.kind == kind } }

  /// What the program ends with.
  package var exitStatus: ExitStatus {
    let isClean = findings.isEmpty && complaints == 0 && mailbox == nil && archive == nil
    return isClean && kills >= plannedKills ? .done : .findings
  }
}
