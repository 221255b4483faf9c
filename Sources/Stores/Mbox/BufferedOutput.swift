import Platform

/// Small pieces, gathered in a buffer until it is full.
struct BufferedBytes {
  let buffer: FileBuffer
  private var count = 0

  init(_ buffer: FileBuffer) { self.buffer = buffer }

  /// Takes a piece; what the buffer has no room for goes to the closure.
  mutating func write<Problem>(
    _ bytes: UnsafeRawBufferPointer, _ put: (UnsafeRawBufferPointer) throws(Problem) -> Void
  ) throws(Problem) {
    if count + bytes.count > buffer.bytes.count { try flush(put) }
    guard bytes.count < buffer.bytes.count else { return try put(bytes) }
    UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[count...]).copyMemory(from: bytes)
    count += bytes.count
  }

  /// Gives all that was gathered to the closure.
  mutating func flush<Problem>(
    _ put: (UnsafeRawBufferPointer) throws(Problem) -> Void
  ) throws(Problem) {
    guard count > 0 else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
    count = 0
    try put(bytes)
  }
}

/// Small pieces on their way to one place.
final class BufferedOutput {
  private var gathered: BufferedBytes
  private let put: (UnsafeRawBufferPointer) throws(SystemError) -> Void

  var buffer: FileBuffer { gathered.buffer }

  init(
    _ buffer: FileBuffer, _ put: @escaping (UnsafeRawBufferPointer) throws(SystemError) -> Void
  ) {
    gathered = BufferedBytes(buffer)
    self.put = put
  }

  func write(_ bytes: [UInt8]) throws(SystemError) {
    try bytes.span.bytes.withUnsafeBytes { bytes throws(SystemError) in try write(bytes) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    try gathered.write(bytes, put)
  }

  func flush() throws(SystemError) { try gathered.flush(put) }
}
