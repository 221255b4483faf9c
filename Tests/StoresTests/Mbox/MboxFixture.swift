import Mail
import Platform

@testable import Stores

/// An mbox file in memory.
final class MemoryMbox: MboxSource {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(StoreError) -> Int
  {
    guard offset < bytes.count else { return 0 }
    let part = bytes[Int(offset)...].prefix(buffer.count)
    buffer.copyBytes(from: part)
    return part.count
  }

  func checkUnchanged() {}
}

/// A message as it was read from an mbox.
struct ReadMessage: Equatable {
  var content: [UInt8]
  var flags: Flags
  var date: InternalDate?
  var mark: MboxMark?
  var isWireForm: Bool

  var text: String { String(decoding: content, as: UTF8.self) }
}

/// An mbox that was read.
struct ReadMbox {
  var messages: [ReadMessage] = []
  let splitter: MboxSplitter

  var texts: [String] { messages.map(\.text) }

  init(
    _ text: String, forced: MboxDialect? = nil, blockSize: Int = 1 << 15, longLine: Int = 1 << 15,
    chunk: Int = 1 << 16
  ) throws {
    try self.init(
      Array(text.utf8), forced: forced, blockSize: blockSize, longLine: longLine, chunk: chunk)
  }

  init(
    _ bytes: [UInt8], forced: MboxDialect? = nil, blockSize: Int = 1 << 15,
    longLine: Int = 1 << 15, chunk: Int = 1 << 16
  ) throws {
    let source = MemoryMbox(bytes)
    let scan = MboxScan(source, forced: forced, blockSize: blockSize, longLine: longLine)
    splitter = scan.splitter
    var messages: [ReadMessage] = []
    try splitter.forEach { (message) throws(StoreError) in
      let content = try Self.content(of: message.entry, in: source, chunk: chunk)
      guard Int64(content.count) == message.scanned.size,
        Self.wireSize(content, message) == message.scanned.wireSize
      else { throw .damaged(file: "test", reason: "the sizes of \(message) are wrong") }
      messages.append(
        ReadMessage(
          content: content, flags: message.flags, date: message.entry.date, mark: message.mark,
          isWireForm: message.scanned.isWireForm))
    }
    self.messages = messages
  }

  static func content(
    of entry: MboxEntry, in source: any MboxSource, chunk: Int
  ) throws(StoreError) -> [UInt8] {
    let reader = MboxContent(entry, of: source, path: "test")
    var content: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 1)
    defer { buffer.deallocate() }
    while true {
      let count = try reader.read(into: buffer)
      if count == 0 { return content }
      content += buffer[..<count]
    }
  }

  private static func wireSize(_ content: [UInt8], _ message: MboxMessage) -> Int64 {
    var census = LineEndCensus()
    content.withUnsafeBytes { census.count($0) }
    let isWireForm = census.isWireForm && message.mark == nil
    return Int64(content.count + (isWireForm ? 0 : census.bytesAdded))
  }
}
