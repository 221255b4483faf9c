/// Random numbers that the same seed makes again, on every machine.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  /// The sequence of a seed and of one of its purposes.
  init(seed: UInt64, purpose: UInt64) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 ^ (purpose &+ 1) &* 0xD1B5_4A32_D192_ED03
  }

  // SplitMix64: small, and good enough to choose by.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
