/// Finds the word that somebody who mistyped most likely meant.
enum Suggestion {
  /// The candidate nearest to a word, or nil if none is near enough to be worth showing.
  ///
  /// Near enough: at most a third of the letters differ, or one contains the other's beginning.
  static func nearest(to word: String, among candidates: [String]) -> String? {
    let word = word.lowercased()
    let best =
      candidates
      .map { (candidate: $0, distance: distance(Array(word.utf8), Array($0.utf8))) }
      .min { $0.distance < $1.distance }
    if let best, best.distance * 3 <= max(word.utf8.count, 3) { return best.candidate }
    guard word.utf8.count >= 3 else { return nil }
    return candidates.first { $0.hasPrefix(word) }
  }

  /// Edits that turn one word into the other, a swap of neighbours counted as one.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard !left.isEmpty else { return right.count }
    var beforePrevious = [Int](repeating: 0, count: right.count + 1)
    var previous = Array(0...right.count)
    for row in 1...left.count {
      var current = [row] + [Int](repeating: 0, count: right.count)
      for column in stride(from: 1, through: right.count, by: 1) {
        let same = left[row - 1] == right[column - 1]
        current[column] = min(
          previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (same ? 0 : 1))
        if row > 1, column > 1, left[row - 1] == right[column - 2],
          left[row - 2] == right[column - 1]
        {
          current[column] = min(current[column], beforePrevious[column - 2] + 1)
        }
      }
      beforePrevious = previous
      previous = current
    }
    return previous[right.count]
  }
}
