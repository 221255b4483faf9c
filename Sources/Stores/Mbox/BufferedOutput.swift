import Platform

/// Gathers small pieces.
final class BufferedOutput {
  let buffer: FileBuffer
  private var count = 0
  private let put: (UnsafeRawBufferPointer) throws(SystemError) -> Void

  init(
    _ buffer: FileBuffer, _ put: @escaping (UnsafeRawBufferPointer) throws(SystemError) -> Void
  ) {
    self.buffer = buffer
    self.put = put
  }

  func write(_ bytes: [UInt8]) throws(SystemError) {
    try bytes.span.bytes.withUnsafeBytes { bytes throws(SystemError) in try write(bytes) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    if count + bytes.count > buffer.bytes.count { try flush() }
    guard bytes.count < buffer.bytes.count else { return try put(bytes) }
    UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[count...]).copyMemory(from: bytes)
    count += bytes.count
  }

  func flush() throws(SystemError) {
    guard count > 0 else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
    count = 0
    try put(bytes)
  }
}
