/// Messages that a mailbox of an archive had and has no longer: whether they may be taken for deleted by
/// hand, or somebody has to say so first.
struct Disappearance {
  /// More than this many messages, and more than a tenth, are a question.
  static let largestQuiet = 20
  /// The options that answer it.
  static let answers = ["--accept-deletions", "--refetch-deleted"]

  /// How many are not there, and were there so far.
  let missing: Int
  /// How many should be there.
  let held: Int
  /// Whether the mailbox's directory is the one that the archive's records speak of.
  let isSameDirectory: Bool

  /// What is to be asked; nil if nothing speaks against a deletion by hand.
  var question: String? {
    guard missing > 0 else { return nil }
    if missing > Self.largestQuiet, missing * 10 > held {
      return "\(missing) of \(held) messages are gone from the archive at once"
    }
    guard !isSameDirectory else { return nil }
    return "\(missing) of \(held) messages are not in the archive, whose directory is not the one "
      + "of the last run: it may be a restored backup, or a disk that is not mounted"
  }
}
