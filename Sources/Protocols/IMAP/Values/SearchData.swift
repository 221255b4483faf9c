package import Mail

/// The answer to an extended SEARCH (RFC 4731, RFC 9051 section 7.3.4).
package struct ExtendedSearchResult: Hashable, Sendable {
  /// The tag of the SEARCH it answers.
  package var tag: String?

  /// Whether the numbers are UIDs.
  package var isUID = false

  package var min: UInt32?
  package var max: UInt32?
  package var count: UInt32?

  /// What was found; nil where ALL was not answered, as when nothing was found.
  package var all: UIDSet?

  package var modSeq: ModificationSequence?

  package init() {}
}
