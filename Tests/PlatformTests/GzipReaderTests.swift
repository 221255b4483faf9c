import Platform
import TestSupport
import Testing

struct GzipReaderTests {
  let temporary: TemporaryDirectory
  let directory: Directory

  init() throws {
    temporary = try TemporaryDirectory()
    directory = try Directory.open(path: temporary.path)
  }

  static func text(_ seed: Int, lines: Int) -> [UInt8] {
    Array((0..<lines).map { "line \($0 &* seed % 977) of \(seed)\n" }.joined().utf8)
  }

  /// Compresses with the program of that name, which knows nothing of this reader.
  func compressed(_ content: [UInt8]) throws -> [UInt8] {
    try directory.createFile("plain", exclusive: false).write(content.span)
    try runSuccessfully("/bin/gzip", ["-kf", temporary.file("plain")])
    return try directory.readWhole("plain.gz", limit: 1 << 24)
  }

  func file(_ bytes: [UInt8]) throws -> FileDescriptor {
    let file = try directory.createFile("test.gz", exclusive: false)
    try file.write(bytes.span)
    return file
  }

  static func read(
    _ reader: GzipReader, _ file: borrowing FileDescriptor, from offset: Int64 = 0,
    chunk: Int = 5000, limit: Int = .max
  ) -> (bytes: [UInt8], error: GzipError?) {
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 1)
    defer { buffer.deallocate() }
    do throws(GzipError) {
      while bytes.count < limit {
        let count = try reader.read(into: buffer, at: offset + Int64(bytes.count), of: file)
        if count == 0 { break }
        bytes += buffer[..<count]
      }
      return (bytes, nil)
    } catch {
      return (bytes, error)
    }
  }

  @Test(arguments: [1, 7, 5000, 1 << 20])
  func `members follow each other, and zeros at the end are nothing`(_ chunk: Int) throws {
    let parts = [
      Self.text(3, lines: 20_000), [], Self.text(5, lines: 10), Self.text(7, lines: 900),
    ]
    let packed = try parts.flatMap { try compressed($0) } + [UInt8](repeating: 0, count: 700)
    let file = try file(packed)
    let reader = GzipReader()
    let found = Self.read(reader, file, chunk: chunk)
    #expect(found.error == nil)
    #expect(found.bytes == parts.flatMap { $0 })
    #expect(reader.memberCount == 4)
  }

  @Test func `any place can be read`() throws {
    let parts = [Self.text(3, lines: 60_000), Self.text(5, lines: 30_000), Self.text(7, lines: 9)]
    let content = parts.flatMap { $0 }
    let file = try file(try parts.flatMap { try compressed($0) })
    let reader = GzipReader()
    for offset in [900_000, 0, 899_000, 3, content.count - 1, content.count, 500_000, 499_990] {
      let found = Self.read(reader, file, from: Int64(offset), limit: 20_000)
      #expect(found.error == nil)
      #expect(!found.bytes.isEmpty || offset == content.count)
      #expect(content[offset...].starts(with: found.bytes))
    }
  }

  @Test func `what is cut is delivered up to there, then named`() throws {
    let content = Self.text(3, lines: 60_000)
    let whole = try compressed(content)
    for count in [whole.count - 1, whole.count - 8, whole.count / 2, 12, 5] {
      let file = try file(Array(whole.prefix(count)))
      let found = Self.read(GzipReader(), file)
      #expect(content.starts(with: found.bytes))
      #expect(found.error == .truncated(after: Int64(found.bytes.count)))
      if count > whole.count / 3 { #expect(found.bytes.count > content.count / 4) }
    }
    let second = try file(whole + whole.prefix(whole.count / 2))
    let found = Self.read(GzipReader(), second)
    #expect(found.bytes.count > content.count)
    #expect(found.bytes.prefix(content.count).elementsEqual(content))
  }

  @Test func `what is damaged is named`() throws {
    let content = Self.text(3, lines: 60_000)
    let whole = try compressed(content)
    var checksum = whole
    checksum[whole.count - 6] ^= 0xFF
    var middle = whole
    for index in (whole.count / 2)..<(whole.count / 2 + 40) { middle[index] ^= 0x5A }
    for bytes in [checksum, middle, whole + Array("something else".utf8)] {
      let file = try file(bytes)
      let found = Self.read(GzipReader(), file)
      guard case .damaged(let count, let reason) = try #require(found.error) else {
        Issue.record("\(String(describing: found.error))")
        continue
      }
      #expect(count == Int64(found.bytes.count))
      #expect(!reason.isEmpty)
      #expect(found.bytes.count > content.count / 4)
      if bytes != middle { #expect(found.bytes == content) }
    }
  }

  @Test func `the first bytes tell`() throws {
    for (bytes, expected) in [([0x1F, 0x8B, 8], true), ([0x1F, 0x8B], false), ([], false)] {
      let file = try file(bytes.map { UInt8($0) })
      let isGzip = try GzipReader.isGzip(file)
      #expect(isGzip == expected)
    }
  }
}
