/// Turns the wire form of a message (CRLF) into the form on disk (LF), a chunk at a time: exactly one
/// CR before each LF goes, every other CR stays.
package struct WireToDisk: Sendable {
  private var pendingCR = false

  package init() {}

  /// The most bytes that `convert` writes for a chunk of `count` bytes.
  package static func capacity(for count: Int) -> Int { count + 1 }

  /// Converts a chunk into `output`, which must hold `capacity(for:)` bytes.
  ///
  /// - Parameters:
  ///   - chunk: the next bytes of the message.
  ///   - output: where the converted bytes go.
  ///   - bareLineFeeds: gets the offset in `chunk` of each LF without a CR before it; the canonical
  ///     wire form has a CR there.
  /// - Returns: how many bytes were written.
  package mutating func convert(
    _ chunk: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer,
    bareLineFeeds: inout [Int]
  ) -> Int {
    guard !chunk.isEmpty else { return 0 }
    precondition(output.count >= Self.capacity(for: chunk.count))
    var written = 0
    let followsCR = pendingCR
    pendingCR = false
    if followsCR, chunk[0] != .lineFeed {
      output[0] = .carriageReturn
      written = 1
    }
    var start = 0
    while let end = LineEnds.lineFeed(in: chunk, from: start) {
      var textEnd = end
      if end == 0 {
        if !followsCR { bareLineFeeds.append(0) }
      } else if chunk[end - 1] == .carriageReturn {
        textEnd = end - 1
      } else {
        bareLineFeeds.append(end)
      }
      written += LineEnds.copy(chunk, start..<textEnd, to: output, at: written)
      output[written] = .lineFeed
      written += 1
      start = end + 1
    }
    var end = chunk.count
    if end > start, chunk[end - 1] == .carriageReturn {
      pendingCR = true
      end -= 1
    }
    return written + LineEnds.copy(chunk, start..<end, to: output, at: written)
  }

  /// Converts a chunk of any size, a piece at a time.
  ///
  /// - Parameters:
  ///   - chunk: the next bytes of the message.
  ///   - buffer: where each piece is converted; of at least `capacity(for: 1)` bytes.
  ///   - write: takes the converted pieces, valid during the call only.
  /// - Throws: what `write` throws.
  package mutating func convert<Failure: Error>(
    _ chunk: UnsafeRawBufferPointer, through buffer: UnsafeMutableRawBufferPointer,
    write: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    var bareLineFeeds: [Int] = []
    var rest = chunk
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(buffer.count - 1))
      bareLineFeeds.removeAll(keepingCapacity: true)
      let count = convert(piece, into: buffer, bareLineFeeds: &bareLineFeeds)
      try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
    }
  }

  /// Ends the message, and writes what is left of it.
  ///
  /// - Throws: what `write` throws.
  package mutating func finish<Failure: Error>(
    write: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    guard finish() else { return }
    try [UInt8.carriageReturn].span.bytes.withUnsafeBytes { byte throws(Failure) in
      try write(byte)
    }
  }

  /// Ends the message; true if a CR is still to be written, because it was the message's last byte.
  package mutating func finish() -> Bool {
    defer { pendingCR = false }
    return pendingCR
  }
}

/// Turns the form on disk into the wire form, a chunk at a time: a CR before every LF.
package struct DiskToWire: Sendable {
  package init() {}

  /// The most bytes that `convert` writes for a chunk of `count` bytes.
  package static func capacity(for count: Int) -> Int { count * 2 }

  /// Converts a chunk into `output`, which must hold `capacity(for:)` bytes; returns the count.
  package func convert(
    _ chunk: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    precondition(output.count >= Self.capacity(for: chunk.count))
    var written = 0
    var start = 0
    while let end = LineEnds.lineFeed(in: chunk, from: start) {
      written += LineEnds.copy(chunk, start..<end, to: output, at: written)
      output[written] = .carriageReturn
      output[written + 1] = .lineFeed
      written += 2
      start = end + 1
    }
    return written + LineEnds.copy(chunk, start..<chunk.count, to: output, at: written)
  }
}

/// What is known of a file's line ends after a look at all of it.
package struct LineEndCensus: Sendable {
  private var lineFeeds = 0
  private var afterCR = 0
  private var lastWasCR = false

  package init() {}

  /// Takes the next bytes of the file.
  package mutating func count(_ chunk: UnsafeRawBufferPointer) {
    var start = 0
    while let end = LineEnds.lineFeed(in: chunk, from: start) {
      lineFeeds += 1
      if end == 0 ? lastWasCR : chunk[end - 1] == .carriageReturn { afterCR += 1 }
      start = end + 1
    }
    if let last = chunk.last { lastWasCR = last == .carriageReturn }
  }

  /// Whether the file is in wire form already: it has line ends, and each is CRLF.
  ///
  /// It says so of foreign files only; one that mailarc wrote is in the form on disk whatever it
  /// looks like.
  package var isWireForm: Bool { lineFeeds > 0 && lineFeeds == afterCR }

  /// Whether a bare LF was seen, so that the file can't be in wire form.
  package var hasBareLineFeed: Bool { afterCR < lineFeeds }

  /// How many bytes the wire form has more than the form on disk.
  package var bytesAdded: Int { lineFeeds }
}

enum LineEnds {
  /// The offset of the first LF at or after `start`, found eight bytes at a time.
  static func lineFeed(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    var position = start
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    while position + 8 <= bytes.count {
      let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let zeroWhereLF = word ^ (ones &* UInt64(UInt8.lineFeed))
      let marks = (zeroWhereLF &- ones) & ~zeroWhereLF & tops
      if marks != 0 { return position + marks.trailingZeroBitCount / 8 }
      position += 8
    }
    while position < bytes.count {
      if bytes[position] == .lineFeed { return position }
      position += 1
    }
    return nil
  }

  static func copy(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, to output: UnsafeMutableRawBufferPointer,
    at offset: Int
  ) -> Int {
    guard !range.isEmpty else { return 0 }
    UnsafeMutableRawBufferPointer(rebasing: output[offset...])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
    return range.count
  }
}

extension UInt8 {
  /// LF, 0x0A.
  @inlinable package static var lineFeed: UInt8 { UInt8(ascii: "\n") }
  /// CR, 0x0D.
  @inlinable package static var carriageReturn: UInt8 { UInt8(ascii: "\r") }
}
