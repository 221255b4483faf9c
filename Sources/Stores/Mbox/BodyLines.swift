import Mail

/// Lines of a body that can't separate messages: they begin neither with `F` nor with `>`.
///
/// Nearly all lines of a file are such, so they are looked at 16 bytes at a time.
struct BodyLines {
  /// Where the first other line begins, or one whose end is not there.
  private(set) var end: Int
  /// The LFs before it.
  private(set) var lineFeeds = 0
  /// Those of them that follow a CR.
  private(set) var carriageReturns = 0
  /// The bytes of the last line before it if that is empty, else 0.
  private(set) var blankLength: UInt8 = 0

  /// Looks at bytes from the start of a line on.
  init(_ bytes: UnsafeRawBufferPointer, from start: Int) {
    end = start
    look(at: bytes, from: start)
  }

  private mutating func look(at bytes: UnsafeRawBufferPointer, from start: Int) {
    guard let base = bytes.baseAddress, start < bytes.count, !Self.isSpecial(bytes[start]) else {
      return
    }
    var position = start
    // A block looks at the byte before it, too.
    if position == 0 {
      if take(bytes, position) { return finish(bytes, from: start, at: position + 1) }
      position = 1
    }
    while true {
      // The counts have eight bits for each place in a block.
      let blocks = min((bytes.count - 1 - position) / BlockCounts.size, 255)
      guard blocks > 0 else { break }
      let counts = BlockCounts(base + position, blocks: blocks)
      lineFeeds += counts.lineFeeds
      carriageReturns += counts.carriageReturns
      position += counts.blocks * BlockCounts.size
      if counts.blocks < blocks { break }
    }
    while position < bytes.count {
      if take(bytes, position) { return finish(bytes, from: start, at: position + 1) }
      position += 1
    }
    while position > start, bytes[position - 1] != .lineFeed { position -= 1 }
    finish(bytes, from: start, at: position)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "F") || byte == UInt8(ascii: ">")
  }

  // True if another line begins behind the byte.
  private mutating func take(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Bool {
    guard bytes[position] == .lineFeed else { return false }
    lineFeeds += 1
    if position > 0, bytes[position - 1] == .carriageReturn { carriageReturns += 1 }
    return position + 1 < bytes.count && Self.isSpecial(bytes[position + 1])
  }

  private mutating func finish(_ bytes: UnsafeRawBufferPointer, from start: Int, at end: Int) {
    self.end = end
    guard end > start else { return }
    let last = end - 1
    if last == start || bytes[last - 1] == .lineFeed {
      blankLength = 1
    } else if bytes[last - 1] == .carriageReturn, last - 1 == start || bytes[last - 2] == .lineFeed
    {
      blankLength = 2
    }
  }
}

/// The line ends in blocks of bytes up to the first that has a line in it which begins with `F` or `>`.
private struct BlockCounts {
  static let size = 16
  /// How many blocks were counted.
  let blocks: Int
  let lineFeeds: Int
  let carriageReturns: Int

  private typealias Block = SIMD16<UInt8>

  /// - Parameters:
  ///   - base: the first block; there is a byte before it, and one behind the last.
  ///   - blocks: how many there are, at most 255.
  init(_ base: UnsafeRawPointer, blocks: Int) {
    var feeds = Block(repeating: 0)
    var returns = Block(repeating: 0)
    var block = 0
    while block < blocks {
      let place = base + block * Self.size
      let here = place.loadUnaligned(as: Block.self)
      let next = place.loadUnaligned(fromByteOffset: 1, as: Block.self)
      let isLineFeed = Self.mask(here .== Block(repeating: .lineFeed))
      let isSpecial =
        Self.mask(next .== Block(repeating: UInt8(ascii: "F")))
        | Self.mask(next .== Block(repeating: UInt8(ascii: ">")))
      let found = unsafeBitCast(isLineFeed & isSpecial, to: SIMD2<UInt64>.self)
      if found.x | found.y != 0 { break }
      let before = place.loadUnaligned(fromByteOffset: -1, as: Block.self)
      // A mask is 255 where it is true: to take that away adds one.
      feeds = feeds &- isLineFeed
      returns = returns &- (isLineFeed & Self.mask(before .== Block(repeating: .carriageReturn)))
      block += 1
    }
    self.blocks = block
    lineFeeds = Self.sum(feeds)
    carriageReturns = Self.sum(returns)
  }

  @inline(__always)
  private static func mask(_ mask: SIMDMask<SIMD16<Int8>>) -> Block {
    unsafeBitCast(mask, to: Block.self)
  }

  // The library's sum is a loop of calls.
  private static func sum(_ counts: Block) -> Int {
    let words = unsafeBitCast(counts, to: SIMD2<UInt64>.self)
    return sum(words.x) + sum(words.y)
  }

  private static func sum(_ bytes: UInt64) -> Int {
    let even: UInt64 = 0x00FF_00FF_00FF_00FF
    let pairs = (bytes & even) &+ ((bytes >> 8) & even)
    return Int((pairs &* 0x0001_0001_0001_0001) >> 48)
  }
}
