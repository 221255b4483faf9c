import Mail

/// What single messages are sent without, as the connection broke where they were sent with it.
struct Omissions {
  private var dates: Set<ContentDigest> = []
  private var keywords: Set<ContentDigest> = []
  private let earlyDates: EarlyDates

  init(earlyDates: EarlyDates) { self.earlyDates = earlyDates }

  /// Leaves something more of the message out, a date before 1970 first.
  ///
  /// - Returns: what it goes without from now on; nil if nothing more can be left out.
  mutating func reduce(_ digest: ContentDigest, date: InternalDate?) -> String? {
    if dates.insert(digest).inserted, date?.isEarly == true {
      earlyDates.sendsWithout(digest)
      return "its date"
    }
    return keywords.insert(digest).inserted ? "its keywords and date" : nil
  }

  /// Takes from a message what it is to go without.
  func apply(to message: inout OutgoingMessage) {
    let digest = message.content.digest
    if keywords.contains(digest) { message.flags.keywords = [] }
    if dates.contains(digest) || message.internalDate.map(earlyDates.omits) == true {
      message.internalDate = nil
    }
  }
}
