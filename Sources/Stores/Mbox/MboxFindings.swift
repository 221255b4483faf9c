import Mail

/// What an `MboxScanner` saw in a file.
struct MboxFindings: Sendable {
  /// The places where messages may begin, in the order of the file.
  ///
  /// Where the file begins with something else than a From_ line, that is the first.
  var candidates: [MboxCandidate] = []
  var omissions: [MboxOmission] = []
  var marks: [MboxMark] = []
  /// Each set of keywords once; the first is empty.
  var keywordSets: [Set<Keyword>] = [[]]
  /// The UIDVALIDITY that the file gives itself.
  var uidValidity: UIDValidity?
  /// The bytes that were taken, at the end the file's size.
  var offset: Int64 = 0
  /// What was counted.
  var counts = MboxCounts()
  /// The bytes of the last line if it is empty, else 0.
  var blankLength: UInt8 = 0
}
