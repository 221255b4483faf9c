/// One thing that a rebuild did.
package struct RebuildAction: Sendable, Equatable {
  /// The file that was made anew, or taken away.
  package let file: String
  /// What was done, in words.
  package let text: String
}

/// What a rebuild did.
package struct RebuildReport: Sendable, Equatable {
  /// What was done, in order; empty if nothing was lost or broken.
  package var actions: [RebuildAction] = []
  /// What can't be made whole.
  package var findings: [VerifyFinding] = []
  /// What else is worth knowing.
  package var notes: [String] = []

  package init() {}

  /// The status with which the program ends.
  package var exitStatus: ExitStatus { findings.isEmpty ? .done : .findings }
}
