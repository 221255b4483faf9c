import Mail
import Platform

/// What `.mh_sequences` says of the messages of an MH folder: lines of a name, a colon, and numbers and
/// ranges.
struct MHSequences {
  static let fileName = ".mh_sequences"
  private static let limit = 16 << 20

  private var ranges: [String: [ClosedRange<Int64>]] = [:]

  /// Reads the file; nil if there is none.
  ///
  /// - Throws: `system`.
  init?(in directory: Directory) throws(StoreError) {
    guard
      let bytes = try storedIfPresent(try directory.readWhole(Self.fileName, limit: Self.limit))
    else { return nil }
    for line in bytes.split(separator: .lineFeed) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      for word in line[(colon + 1)...].split(whereSeparator: { $0 == 0x20 || $0 == 0x09 }) {
        if let range = Self.range(word) { ranges[name, default: []].append(range) }
      }
    }
    ranges = ranges.mapValues(Self.merged)
  }

  private static func merged(_ ranges: [ClosedRange<Int64>]) -> [ClosedRange<Int64>] {
    var merged: [ClosedRange<Int64>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    return merged
  }

  private static func range(_ word: ArraySlice<UInt8>) -> ClosedRange<Int64>? {
    let ends = word.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
      .map { Int64(String(decoding: $0, as: UTF8.self)) }
    guard let first = ends.first.flatMap(\.self), let last = ends.last.flatMap(\.self),
      ends.count <= 2, first >= 0, first <= last
    else { return nil }
    return first...last
  }

  private func contains(_ number: Int64, in name: String) -> Bool {
    guard let ranges = ranges[name] else { return false }
    var candidates = ranges[...]
    while candidates.count > 1 {
      let middle = (candidates.startIndex + candidates.endIndex) / 2
      candidates =
        ranges[middle].lowerBound <= number ? candidates[middle...] : candidates[..<middle]
    }
    return candidates.first?.contains(number) ?? false
  }

  /// The flags of a message: MH marks what is *not* read.
  func flags(of number: Int64) -> SystemFlags {
    var flags: SystemFlags = contains(number, in: "unseen") ? [] : .seen
    if contains(number, in: "replied") { flags.insert(.answered) }
    if contains(number, in: "flagged") { flags.insert(.flagged) }
    return flags
  }
}
