import Mail

/// Decides which places in a file begin messages, and where their content ends; `formats/mbox.md` says
/// by which rules.
struct MboxSplitter {
  private let scan: MboxFindings
  /// The places that begin a message, unless they are inside another one.
  private let starts: [MboxCandidate]
  private let hasLengths: Bool
  private let trustsLengths: Bool
  private let isForcedReversible: Bool
  /// What the decision rests on.
  let evidence: MboxEvidence
  /// The file's dialect.
  let dialect: MboxDialect
  /// The dialect, and in one line why.
  let reason: String
  /// The UIDVALIDITY that the file gives itself.
  var uidValidity: UIDValidity? { scan.uidValidity }

  /// Decides for a file that was looked at to its end.
  ///
  /// - Parameters:
  ///   - scan: what was seen.
  ///   - forced: the dialect that the user asked for.
  init(_ scan: MboxFindings, forced: MboxDialect?) {
    let starts = Self.starts(in: scan.candidates)
    var lengths = MboxLengths(
      starts: starts, end: scan.offset, endCounts: scan.counts, endBlank: scan.blankLength)
    var evidence = lengths.evidence()
    evidence.quoted = scan.counts.quoted
    hasLengths = forced?.hasLengths ?? evidence.showsLengths
    trustsLengths = forced?.hasLengths == true
    isForcedReversible = forced == .mboxrd
    self.scan = scan
    self.starts = starts
    self.evidence = evidence
    var inside = 0
    if hasLengths, evidence.spanning > 0 {
      var index = 0
      while index < starts.count {
        let next = Self.end(
          of: index, &lengths, evidence, hasLengths: true, trustsLengths: trustsLengths
        ).next
        inside += next - index - 1
        index = next
      }
    }
    (dialect, reason) = evidence.judge(forced: forced, hasLengths: hasLengths, inside: inside)
  }

  /// Whether the file is empty, or any line of it is sure to separate messages.
  var isMbox: Bool { starts.isEmpty || starts.contains { $0.isSure } }

  /// Whether the file is empty, or begins with a line that is sure to separate messages.
  var beginsAsMbox: Bool { starts.first?.isSure ?? true }

  // Lines without a date are From_ lines only in files whose first one has none either, except those
  // that programs are known to write.
  private static func starts(in candidates: [MboxCandidate]) -> [MboxCandidate] {
    guard let first = candidates.first(where: { $0.fromLength > 0 }) else {
      return candidates
    }
    let least = min(first.strength, .known)
    guard candidates.contains(where: { $0.strength < least }) else { return candidates }
    return candidates.filter { $0.strength >= least || $0.offset == candidates[0].offset }
  }

  private static func end(
    of index: Int, _ lengths: inout MboxLengths, _ evidence: MboxEvidence, hasLengths: Bool,
    trustsLengths: Bool
  ) -> MboxLengths.End {
    if hasLengths, let end = lengths.end(of: index),
      end.next == index + 1 || trustsLengths || lengths.maySpan(index, end, evidence)
    {
      return end
    }
    return lengths.plainEnd(of: index)
  }

  /// Runs a closure on each message, in the order of the file.
  func forEach<Failure: Error>(_ body: (MboxMessage) throws(Failure) -> Void) throws(Failure) {
    var lengths = MboxLengths(
      starts: starts, end: scan.offset, endCounts: scan.counts, endBlank: scan.blankLength)
    var index = 0
    while index < starts.count {
      let end = Self.end(
        of: index, &lengths, evidence, hasLengths: hasLengths, trustsLengths: trustsLengths)
      if !starts[index].isPseudo {
        try body(message(starts[index], to: end, nextOffset: lengths.offset(end.next)))
      }
      index = end.next
    }
  }

  private func message(
    _ start: MboxCandidate, to end: MboxLengths.End, nextOffset: Int64
  ) -> MboxMessage {
    let mark = start.isOurs ? scan.marks[Int(start.hashOrMark)] : nil
    let unquotes = mark != nil || isForcedReversible || start.provesQuoting
    var size = end.offset - start.headerOffset
    var lines = end.counts - start.beforeHeader
    var omitted: [Range<Int64>] = []
    let omissions = Int(start.firstOmission)..<Int(start.firstOmission + start.omissionCount)
    for omission in scan.omissions[omissions] {
      if omission.kind != .always, !hasLengths { continue }
      let range = omission.offset..<(omission.offset + omission.length)
      size -= omission.length
      lines.lineFeeds -= Int64(omission.lineFeeds)
      lines.carriageReturns -= Int64(omission.carriageReturns)
      if let last = omitted.last, last.upperBound == range.lowerBound {
        omitted[omitted.count - 1] = last.lowerBound..<range.upperBound
      } else {
        omitted.append(range)
      }
    }
    if unquotes { size -= lines.quoted }
    if mark?.addsNewline == true, size > 0 {
      size -= 1
      lines.lineFeeds -= 1
    }
    let isWireForm =
      mark == nil && lines.lineFeeds > 0 && lines.lineFeeds == lines.carriageReturns
    return MboxMessage(
      entry: MboxEntry(
        offset: start.offset, headerOffset: start.headerOffset, contentEnd: end.offset,
        nextOffset: nextOffset, omitted: omitted, size: size, date: start.date,
        isOurs: mark != nil, unquotes: unquotes),
      mark: mark, hash: start.hashOrMark,
      flags: Flags(start.system, keywords: scan.keywordSets[Int(start.keywords)]),
      scanned: ScannedContent(
        size: size, wireSize: isWireForm ? size : size + lines.lineFeeds, isWireForm: isWireForm))
  }
}

/// One message of an mbox file.
struct MboxMessage {
  /// Where it is, and how its content is read.
  let entry: MboxEntry
  /// What mailarc noted, if it wrote the message.
  let mark: MboxMark?
  /// The first eight bytes of the SHA-256 of its From_ line and header, without what mbox writers keep
  /// there.
  let hash: UInt64
  /// Its flags and keywords.
  let flags: Flags
  /// Its sizes.
  let scanned: ScannedContent
}
