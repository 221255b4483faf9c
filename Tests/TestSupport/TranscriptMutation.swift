/// Random numbers that are the same for the same seed on every machine (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// Spoils bytes as a broken or hostile server might.
package enum TranscriptMutation {
  /// Bytes that mean something in the protocol.
  private static let telling = Array("(){}[]\"\\~*+ \r\n0129<>NIL".utf8) + [0, 0x80, 0xff]

  /// Changes, inserts, removes, doubles or moves a few bytes.
  package static func mutate(
    _ bytes: [UInt8], using generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    var result = bytes
    for _ in 0..<Int.random(in: 1...6, using: &generator) where !result.isEmpty {
      let index = Int.random(in: 0..<result.count, using: &generator)
      let byte = telling[Int.random(in: 0..<telling.count, using: &generator)]
      let length = min(Int.random(in: 1...12, using: &generator), result.count - index)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: result[index] = byte
      case 1: result.insert(byte, at: index)
      case 2: result.removeSubrange(index..<index + length)
      case 3: result.insert(contentsOf: result[index..<index + length], at: index)
      case 4: result[index] = UInt8.random(in: 0...255, using: &generator)
      default:
        let piece = Array(result[index..<index + length])
        result.removeSubrange(index..<index + length)
        result.insert(
          contentsOf: piece, at: Int.random(in: 0...result.count, using: &generator))
      }
    }
    return result
  }

  /// Ascending random places at which to cut `count` bytes.
  package static func cuts(
    of count: Int, using generator: inout some RandomNumberGenerator
  ) -> [Int] {
    guard count > 1 else { return [] }
    return (0..<Int.random(in: 0...8, using: &generator)).map { _ in
      Int.random(in: 1..<count, using: &generator)
    }.sorted()
  }
}
