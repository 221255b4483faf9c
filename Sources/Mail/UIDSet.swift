/// A set of UIDs kept as ascending, disjoint ranges, the form that IMAP commands take (`1:4,7`).
package struct UIDSet: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
  /// The ranges, ascending, neither overlapping nor touching.
  package private(set) var ranges: [ClosedRange<UInt32>]

  /// The empty set.
  package init() { ranges = [] }

  /// All UIDs of a range, both ends included.
  package init(_ range: ClosedRange<UID>) {
    ranges = [range.lowerBound.value...range.upperBound.value]
  }

  /// The UIDs of a sequence, in any order, repeated or not.
  package init(_ uids: some Sequence<UID>) {
    self.init(values: uids.map(\.value))
  }

  package init(arrayLiteral elements: UID...) { self.init(elements) }

  private init(values: [UInt32]) {
    ranges = []
    for value in values.sorted() { appendAscending(value...value) }
  }

  /// Parses a sequence set without `*` (RFC 9051, section 9: `sequence-set`); nil where it is none.
  package init?(parsing text: some Collection<UInt8>) {
    var found: [ClosedRange<UInt32>] = []
    for part in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let ends = part.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard let first = ends.first, ends.count <= 2, let low = Self.number(first),
        let high = Self.number(ends[ends.count - 1])
      else { return nil }
      found.append(min(low, high)...max(low, high))
    }
    self.init(unsorted: found)
  }

  /// The union of ranges in any order.
  package init(unsorted found: [ClosedRange<UInt32>]) {
    ranges = []
    for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) { appendAscending(range) }
  }

  private static func number(_ digits: some Collection<UInt8>) -> UInt32? {
    guard !digits.isEmpty, digits.count <= 10 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
    }
    return value == 0 ? nil : UInt32(exactly: value)
  }

  private mutating func appendAscending(_ range: ClosedRange<UInt32>) {
    guard let last = ranges.last, UInt64(range.lowerBound) <= UInt64(last.upperBound) + 1 else {
      ranges.append(range)
      return
    }
    ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
  }

  /// Whether the set holds no UID.
  package var isEmpty: Bool { ranges.isEmpty }

  /// How many UIDs the set holds.
  package var count: Int { ranges.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) + 1 } }

  /// The least UID; nil in an empty set.
  package var first: UID? { ranges.first.flatMap { UID($0.lowerBound) } }

  /// The greatest UID; nil in an empty set.
  package var last: UID? { ranges.last.flatMap { UID($0.upperBound) } }

  /// Whether the set holds a UID; takes the logarithm of the number of ranges.
  package func contains(_ uid: UID) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < uid.value { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(uid.value)
  }

  /// Adds a UID; cheap above all others, else it takes all ranges in hand.
  package mutating func insert(_ uid: UID) {
    // Servers answer in ascending order almost always: the cheap case is the end.
    if let last = ranges.last, uid.value <= last.upperBound {
      guard !contains(uid) else { return }
      self = UIDSet(unsorted: ranges + [uid.value...uid.value])
    } else {
      appendAscending(uid.value...uid.value)
    }
  }

  /// The UIDs of either set.
  package func union(_ other: UIDSet) -> UIDSet { UIDSet(unsorted: ranges + other.ranges) }

  /// The UIDs of this set that `other` does not hold.
  package func subtracting(_ other: UIDSet) -> UIDSet {
    var kept: [ClosedRange<UInt32>] = []
    var cuts = other.ranges[...]
    for range in ranges {
      var low = UInt64(range.lowerBound)
      let high = UInt64(range.upperBound)
      while let cut = cuts.first, UInt64(cut.lowerBound) <= high {
        if UInt64(cut.lowerBound) > low {
          kept.append(UInt32(low)...(cut.lowerBound - 1))
        }
        low = max(low, UInt64(cut.upperBound) + 1)
        if UInt64(cut.upperBound) > high { break }
        cuts = cuts.dropFirst()
      }
      if low <= high { kept.append(UInt32(low)...UInt32(high)) }
    }
    return UIDSet(unsorted: kept)
  }

  /// The UIDs of both sets.
  package func intersection(_ other: UIDSet) -> UIDSet { subtracting(subtracting(other)) }

  /// The UIDs in ascending order.
  package var uids: some Sequence<UID> { ranges.lazy.flatMap { $0.lazy.compactMap { UID($0) } } }

  /// Splits the set into pieces of at most `count` UIDs and at most `ranges` ranges each, ascending,
  /// so that a command line stays within what servers accept.
  package func chunks(ofAtMost count: Int, ranges limit: Int) -> [UIDSet] {
    var pieces: [UIDSet] = []
    var piece: [ClosedRange<UInt32>] = []
    var room = count
    for range in ranges {
      var low = UInt64(range.lowerBound)
      while low <= UInt64(range.upperBound) {
        if room == 0 || piece.count == limit {
          pieces.append(UIDSet(unsorted: piece))
          piece = []
          room = count
        }
        let high = min(UInt64(range.upperBound), low + UInt64(room) - 1)
        piece.append(UInt32(low)...UInt32(high))
        room -= Int(high - low) + 1
        low = high + 1
      }
    }
    if !piece.isEmpty { pieces.append(UIDSet(unsorted: piece)) }
    return pieces
  }

  package var description: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound):\($0.upperBound)" }
      .joined(separator: ",")
  }
}
