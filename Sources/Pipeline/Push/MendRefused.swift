import Journals
import Mail
import Platform
import Stores

/// Makes mended copies of messages that the target refuses (`--mend`, `formats/mend.md`).
///
/// Confined to one worker.
final class MendRefused {
  private let side: ArchiveSide
  private let journal: PushJournal
  private let isOn: Bool
  /// Whether what was refused by earlier runs is tried again as it is.
  private let retriesRefused: Bool
  /// Whether the server takes NUL behind the header (BINARY, RFC 3516).
  var takesNUL = false
  // Planning asks several times in a run.
  private var known: [ContentDigest: [Set<Mend>]] = [:]

  init(side: ArchiveSide, journal: PushJournal, isOn: Bool, retriesRefused: Bool) {
    self.side = side
    self.journal = journal
    self.isOn = isOn
    self.retriesRefused = retriesRefused
  }

  /// Whether a refusal may mean the date, though its words don't speak of one.
  func mayMean(_ date: InternalDate, now: Int64) -> Bool {
    isOn && Self.isOutOfRange(date, now: now)
  }

  /// The next copy to send of a message that was just refused; nil if there is none, or none that the
  /// server did not refuse as well.
  ///
  /// - Throws: what reading the message throws.
  func next(after message: OutgoingMessage, reason: String) throws -> OutgoingMessage? {
    guard isOn else { return nil }
    let tried = message.mended?.tried ?? []
    let words = message.mended?.copy.reason ?? reason
    for mends in try sets(message.place, of: message.original) {
      let mended = try side.mended(message.place, mends)
      let content = try side.digester.run(mended)
      if tried.contains(content.digest) { continue }
      if !retriesRefused, journal.record.refused[content.digest] != nil { continue }
      let copy = MendedCopy(
        original: message.original, sent: content.digest, headerKey: content.headerKey,
        size: content.size, mends: mended.mended, reason: words)
      let whole = message.whole
      return OutgoingMessage(
        place: message.place, content: content, flags: whole.flags,
        internalDate: whole.internalDate, source: message.source,
        mended: .init(copy: copy, tried: tried + [content.digest]))
    }
    return nil
  }

  /// The copy to send of a message that an earlier run recorded as refused; nil if it is sent as it is.
  ///
  /// - Throws: what reading the message throws.
  func instead(of message: OutgoingMessage) throws -> OutgoingMessage? {
    guard !retriesRefused, let reason = journal.record.refused[message.original] else { return nil }
    return try next(after: message, reason: reason)
  }

  // MARK: Lost records

  /// What the target has that may be that copy, sent by a run that nobody remembers; the index knows it
  /// for a copy then, should it be one.
  func alike(_ copy: MendedCopy) -> UIDSet {
    let alike = journal.record.entries.values.filter {
      $0.origin == .other && !$0.isGone && $0.headerKey == copy.headerKey && $0.size == copy.size
    }
    if !alike.isEmpty { journal.append(.mended(copy)) }
    return UIDSet(alike.compactMap(\.uid))
  }

  /// Prepares a look at what the target has, for messages that are to be mended.
  func expect(_ places: [Int]) throws {
    for place in places where isToMend(place) {
      if let copy = try copy(place) { _ = alike(copy) }
    }
  }

  // MARK: Planning

  /// A plan with those of the messages refused earlier that can be mended among what is sent.
  func include(_ plan: PlanPush.Plan) -> PlanPush.Plan {
    guard isOn, !plan.refused.isEmpty else { return plan }
    let sent = plan.refused.filter { isToMend($0) || hasDoubtfulDate($0) }
    var plan = plan
    plan.refused = plan.refused.filter { !sent.contains($0) }
    plan.toSend = (plan.toSend + sent).sorted()
    return plan
  }

  /// Whether a copy is sent of a message that was refused earlier, and not the message itself.
  func isToMend(_ place: Int) -> Bool {
    let digest = side.messages[place].digest
    guard isOn, !retriesRefused, let reason = journal.record.refused[digest],
      reason != PushReporter.unseen, let sets = try? sets(place, of: digest)
    else { return false }
    return !sets.isEmpty && sets.count > journal.record.refusedCopies(of: digest)
  }

  /// What would be mended of a message that was refused earlier.
  func foretell(_ places: [Int], _ reporter: PushReporter) throws {
    for place in places where isToMend(place) {
      guard let copy = try copy(place) else { continue }
      reporter.wouldMend(side.path(of: side.messages[place]), copy)
    }
  }

  /// The copy that is sent of a message that was refused earlier.
  private func copy(_ place: Int) throws -> MendedCopy? {
    let message = side.messages[place]
    let content = try side.digester.run(message.stored, in: side.mailboxes[message.mailbox])
    return try instead(
      of: OutgoingMessage(
        place: place, content: content, flags: message.flags, internalDate: nil,
        source: message.source)
    )?.mended?.copy
  }

  private func hasDoubtfulDate(_ place: Int) -> Bool {
    let message = side.messages[place]
    guard journal.record.refused[message.digest] != PushReporter.unseen,
      let date = try? side.mailboxes[message.mailbox].internalDate(of: message.stored)
    else { return false }
    return Self.isOutOfRange(date, now: WallClock.now)
  }

  // MARK: What to mend

  /// What to mend, in the order in which it is tried: first what servers are known to refuse, then all
  /// that may be in their way.
  private func sets(_ place: Int, of digest: ContentDigest) throws -> [Set<Mend>] {
    if let known = known[digest] { return known }
    var first = Set(Mend.allCases)
    first.remove(.bareCR)
    if takesNUL { first.remove(.bodyNUL) }
    var sets: [Set<Mend>] = []
    for mends in [first, Set(Mend.allCases)] {
      let needed = Set(try side.mended(place, mends).mended.keys)
      if !needed.isEmpty, !sets.contains(needed) { sets.append(needed) }
    }
    known[digest] = sets
    return sets
  }

  private static func isOutOfRange(_ date: InternalDate, now: Int64) -> Bool {
    date.isEarly || date.epochSeconds > now + 86_400
  }
}

extension PushRecord {
  /// How many mended copies of that message were refused as well.
  fileprivate func refusedCopies(of original: ContentDigest) -> Int {
    copies(of: original).count { refused[$0.sent] != nil }
  }
}
