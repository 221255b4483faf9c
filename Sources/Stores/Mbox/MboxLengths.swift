import Mail

/// Where messages end: by their `Content-Length` where that holds, else before the next From_ line.
struct MboxLengths {
  /// The end of a message.
  struct End {
    /// The index of the next message, or how many there are.
    let next: Int
    /// Where the content ends.
    let offset: Int64
    /// What was counted up to there.
    let counts: MboxCounts
  }

  private let starts: [MboxCandidate]
  private let end: Int64
  private let endCounts: MboxCounts
  private let endBlank: UInt8
  // So that no file makes this take for ever.
  private var steps = 0

  /// - Parameters:
  ///   - starts: places that may begin messages.
  ///   - end: where the file ends.
  ///   - endCounts: what was counted in it.
  ///   - endBlank: the bytes of an empty line at its end.
  init(starts: [MboxCandidate], end: Int64, endCounts: MboxCounts, endBlank: UInt8) {
    self.starts = starts
    self.end = end
    self.endCounts = endCounts
    self.endBlank = endBlank
    steps = starts.count * 4 + 1000
  }

  /// Where a message begins; behind the last one where the file ends.
  func offset(_ index: Int) -> Int64 { index < starts.count ? starts[index].offset : end }

  private func counts(_ index: Int) -> MboxCounts {
    index < starts.count ? starts[index].before : endCounts
  }

  private func blank(_ index: Int) -> Int64 {
    Int64(index < starts.count ? starts[index].blankLength : endBlank)
  }

  /// The end before the next From_ line, with the empty line before that left out.
  func plainEnd(of index: Int) -> End {
    let next = index + 1
    // An empty line that belongs to our block is no separator.
    let withoutBlank = offset(next) - blank(next)
    return ending(at: next, withoutBlank: withoutBlank >= starts[index].leastEnd)
  }

  private func ending(at next: Int, withoutBlank: Bool) -> End {
    var counts = counts(next)
    let blank = withoutBlank ? blank(next) : 0
    if blank > 0 { counts.lineFeeds -= 1 }
    if blank > 1 { counts.carriageReturns -= 1 }
    return End(next: next, offset: offset(next) - blank, counts: counts)
  }

  /// The end that `Content-Length` gives, if a message or the file's end follows there, perhaps behind
  /// an empty line.
  func end(of index: Int) -> End? {
    let start = starts[index]
    let length = start.length
    guard !start.isOurs, length >= 0 else { return nil }
    if let end = find(index, start.bodyOffset + length, key: { offset($0) }, isCounted: false) {
      return end
    }
    // Who turned the file's lines to CRLF left the lengths as they were.
    let returns = start.before.carriageReturns + Int64(start.headerCarriageReturns)
    guard counts(starts.count).carriageReturns > returns else { return nil }
    return find(
      index, start.bodyOffset - returns + length,
      key: { offset($0) - counts($0).carriageReturns }, isCounted: true)
  }

  // Keys grow with the index.
  private func find(
    _ index: Int, _ goal: Int64, key: (Int) -> Int64, isCounted: Bool
  ) -> End? {
    var low = index + 1
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if key(middle) < goal { low = middle + 1 } else { high = middle }
    }
    let blank = isCounted ? min(blank(low), 1) : blank(low)
    if key(low) == goal { return ending(at: low, withoutBlank: false) }
    if blank > 0, key(low) - blank == goal { return ending(at: low, withoutBlank: true) }
    return nil
  }

  /// What all messages together show, as if each length that holds were true.
  mutating func evidence() -> MboxEvidence {
    var evidence = MboxEvidence()
    var index = 0
    while index < starts.count {
      let start = starts[index]
      var next = index + 1
      if !start.isPseudo {
        evidence.messages += 1
        if start.provesQuoting { evidence.reversible += 1 }
        if start.isOurs {
          evidence.ours += 1
        } else if let end = end(of: index) {
          if end.next == next { evidence.proven += 1 } else { evidence.spanning += 1 }
          evidence.withoutBefore = evidence.without
          next = end.next
        } else if start.length == MboxCandidate.noLength {
          evidence.without += 1
        } else if !(next == starts.count && isCut(start)) {
          evidence.lying += 1
        }
      }
      index = next
    }
    return evidence
  }

  // The file's last message may have lost its end.
  private func isCut(_ start: MboxCandidate) -> Bool {
    start.length >= 0 && start.bodyOffset + start.length > end
  }

  /// Whether a message may be as long as its `Content-Length` says, though there is in it what looks
  /// like other messages.
  mutating func maySpan(_ index: Int, _ end: End, _ evidence: MboxEvidence) -> Bool {
    let start = starts[index]
    if start.lines >= 0 {
      let before = start.before.lineFeeds + Int64(start.headerLineFeeds)
      return start.lines == end.counts.lineFeeds - before
    }
    guard evidence.lying == 0, evidence.proven > 0 || start.hasKeeper else { return false }
    return !isTiled(from: index + 1, to: end.next)
  }

  // What is inside is messages of the file, each with its own length.
  private mutating func isTiled(from first: Int, to last: Int) -> Bool {
    var index = first
    while index < last, steps > 0 {
      steps -= 1
      guard let end = end(of: index) else { return false }
      index = end.next
    }
    return index == last
  }
}
