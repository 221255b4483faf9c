import Mail
import Testing

struct LineEndsTests {
  /// The wire form, its form on disk, and whether the wire form is canonical.
  static let pairs: [(wire: String, disk: String, isCanonical: Bool)] = [
    ("", "", true),
    ("a", "a", true),
    ("a\r\nb\r\n", "a\nb\n", true),
    ("\r\n", "\n", true),
    ("\r\n\r\n\r\n", "\n\n\n", true),
    ("a\rb\r\n", "a\rb\n", true),
    ("a\r\r\nb", "a\r\nb", true),
    ("a\r\r\r\n", "a\r\r\n", true),
    ("\r", "\r", true),
    ("a\r\n\r", "a\n\r", true),
    ("\r\r", "\r\r", true),
    ("a\nb\r\n", "a\nb\n", false),
    ("\n", "\n", false),
    ("\r\n\n", "\n\n", false),
    ("12345678\r\n12345678\n\r\n123456\r\n\u{0}\r", "12345678\n12345678\n\n123456\n\u{0}\r", false),
  ]

  /// Converts with one converter, a chunk at a time, with each chunk in memory of its own.
  private static func toDisk(_ chunks: [ArraySlice<UInt8>]) -> (disk: [UInt8], bare: [Int]) {
    var converter = WireToDisk()
    var disk: [UInt8] = []
    var bare: [Int] = []
    var position = 0
    for chunk in chunks {
      var output = [UInt8](repeating: 0xEE, count: WireToDisk.capacity(for: chunk.count))
      var found: [Int] = []
      let count = chunk.withUnsafeBytes { input in
        output.withUnsafeMutableBytes {
          converter.convert(input, into: $0, bareLineFeeds: &found)
        }
      }
      disk += output[..<count]
      bare += found.map { $0 + position }
      position += chunk.count
    }
    if converter.finish() { disk.append(.carriageReturn) }
    return (disk, bare)
  }

  private static func toWire(_ chunks: [ArraySlice<UInt8>]) -> [UInt8] {
    let converter = DiskToWire()
    return chunks.flatMap { chunk in
      var output = [UInt8](repeating: 0xEE, count: DiskToWire.capacity(for: chunk.count))
      let count = chunk.withUnsafeBytes { input in
        output.withUnsafeMutableBytes { converter.convert(input, into: $0) }
      }
      return Array(output[..<count])
    }
  }

  /// The bytes whole, split in two at every place, and one at a time.
  private static func splits(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
    [[bytes[...]], bytes.indices.map { bytes[$0...$0] }]
      + bytes.indices.map { [bytes[..<$0], bytes[$0...]] }
  }

  @Test(arguments: pairs)
  func `wire becomes disk and disk becomes wire, however it is split`(
    _ wire: String, _ disk: String, _ isCanonical: Bool
  ) {
    let bare = Self.toDisk([Array(wire.utf8)[...]]).bare
    #expect(bare.isEmpty == isCanonical)
    for chunks in Self.splits(Array(wire.utf8)) {
      let converted = Self.toDisk(chunks)
      #expect(converted.disk == Array(disk.utf8))
      #expect(converted.bare == bare)
    }
    for chunks in Self.splits(Array(disk.utf8)) {
      let canonical = Self.toWire(chunks)
      #expect((canonical == Array(wire.utf8)) == isCanonical)
      #expect(Self.toDisk([canonical[...]]).disk == Array(disk.utf8))
    }
  }

  @Test func `offsets of bare line feeds give the canonical wire form`() {
    let wire = Array("a\nb\r\nc\n\n\r\nd".utf8)
    let (disk, bare) = Self.toDisk([wire[...]])
    var canonical = wire
    for offset in bare.reversed() { canonical.insert(.carriageReturn, at: offset) }
    #expect(canonical == Self.toWire([disk[...]]))
  }

  @Test func `every canonical message comes back, however long`() {
    var random = SeededGenerator(seed: 1)
    let pieces = ["\r\n", "\r", "a", "12345678", "\r\r\n", "\u{0}", "ü"]
    for _ in 0..<500 {
      let wire = (0..<Int.random(in: 0..<60, using: &random))
        .map { _ in pieces.randomElement(using: &random) ?? "" }.joined().utf8
      let (disk, bare) = Self.toDisk([Array(wire)[...]])
      // A piece that ends in CR before one that begins with LF doesn't exist.
      #expect(bare.isEmpty)
      #expect(Self.toWire([disk[...]]) == Array(wire))
    }
  }

  @Test(arguments: [
    ("", false, 0), ("a", false, 0), ("a\r\n", true, 1), ("\r\n\r\n", true, 2), ("a\n", false, 1),
    ("a\r\nb\n", false, 2), ("a\rb", false, 0), ("\n", false, 1),
    ("12345678\r\n12345678\r\n", true, 2),
  ])
  func `a census tells files in wire form`(_ text: String, _ isWire: Bool, _ added: Int) {
    for chunks in Self.splits(Array(text.utf8)) {
      var census = LineEndCensus()
      for chunk in chunks { chunk.withUnsafeBytes { census.count($0) } }
      #expect(census.isWireForm == isWire)
      #expect(census.bytesAdded == added)
    }
  }
}
