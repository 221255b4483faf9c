package import Mail

/// The answer to an extended SEARCH (RFC 4731, RFC 9051 section 7.3.4).
package struct ExtendedSearchResult: Hashable, Sendable {
  /// The tag of the SEARCH it answers.
  package var tag: String?

  /// Whether the numbers are UIDs.
  package var isUID = false

  /// The lowest number found.
  package var min: UInt32?

  /// The highest number found.
  package var max: UInt32?

  /// How many were found.
  package var count: UInt32?

  /// What was found; nil where ALL was not answered, as when nothing was found.
  package var all: UIDSet?

  /// The highest modification sequence among what was found (RFC 7162).
  package var modSeq: ModificationSequence?

  /// Nothing answered.
  package init() {}
}
