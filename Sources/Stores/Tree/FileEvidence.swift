import Mail
import Platform

/// What a file's first bytes show it to be.
struct FileEvidence: Equatable {
  /// What the content is.
  enum Content: Equatable {
    /// It begins with a From_ line.
    case mbox
    /// It begins like the header of a message.
    case message
    /// There is nothing in it.
    case empty
    /// It holds mail in a form that is not read; in words.
    case otherMail(String)
    /// Anything else.
    case other
  }

  let content: Content
  /// Whether the content is compressed by gzip.
  let isCompressed: Bool

  private static let limit = 16 << 10

  /// Looks at a file.
  ///
  /// - Throws: `system`, `unreadable` for compressed data that is none.
  init(of name: some FileName, in directory: Directory) throws(StoreError) {
    let file = try stored(try directory.openFile(name))
    isCompressed = try stored(try GzipReader.isGzip(file))
    let path = directory.path(of: name)
    content = Self.content(
      of: isCompressed
        ? try Self.start(of: GzipFileBytes(file, path: path))
        : try Self.start(of: file, path))
  }

  private static func start(
    of file: borrowing FileDescriptor, _ path: String
  ) throws(StoreError) -> [UInt8] {
    try withBuffer { buffer throws(StoreError) in
      do throws(SystemError) {
        return try file.read(into: buffer, at: 0)
      } catch {
        throw .system(error.at(path))
      }
    }
  }

  private static func start(of bytes: GzipFileBytes) throws(StoreError) -> [UInt8] {
    try withBuffer { buffer throws(StoreError) in
      var count = 0
      while count < buffer.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
        let read: Int
        do throws(StoreError) {
          read = try bytes.read(into: rest)
        } catch {
          // What came before the damage may show what it is; the damage is met again in reading.
          if count > 0 { break }
          throw error
        }
        if read == 0 { break }
        count += read
      }
      return count
    }
  }

  private static func withBuffer(
    _ fill: (UnsafeMutableRawBufferPointer) throws(StoreError) -> Int
  ) throws(StoreError) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 16)
    defer { buffer.deallocate() }
    let count = try fill(buffer)
    return Array(buffer[..<count])
  }

  /// What content that begins with these bytes is.
  static func content(of start: [UInt8]) -> Content {
    var rest = start[...]
    if rest.starts(with: byteOrderMark) { rest = rest.dropFirst(byteOrderMark.count) }
    rest = rest.drop { $0 == .lineFeed || $0 == .carriageReturn }
    if rest.isEmpty { return start.count < limit ? .empty : .other }
    for (mark, name) in otherForms where rest.starts(with: mark.utf8) { return .otherMail(name) }
    if startsMbox(rest) { return .mbox }
    return startsMessage(rest, isWhole: start.count < limit) ? .message : .other
  }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private static let otherForms: [(mark: String, name: String)] = [
    ("!BDN", "an Outlook data file; readpst makes mbox files of it"),
    ("*mbx*", "a mailbox in the format mbx of the University of Washington"),
  ]

  // A text may begin with "From the", a From_ line without a date needs a field behind it.
  private static func startsMbox(_ bytes: ArraySlice<UInt8>) -> Bool {
    let lines = bytes.split(
      separator: .lineFeed, maxSplits: 2, omittingEmptySubsequences: false)
    guard let first = lines.first, let from = FromLine(withoutCR(first)) else { return false }
    if from.date != nil || lines.count < 2 { return from.date != nil || lines.count < 2 }
    let second = lines[1]
    return HeaderLine.name(of: second) != nil
      || second.starts(with: Array(">From ".utf8))
  }

  private static func withoutCR(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    line.last == .carriageReturn ? line.dropLast() : line
  }

  // Two fields that only mail has, or one and then the header's end: other texts begin with
  // "Name: value" as well.
  private static func startsMessage(_ bytes: ArraySlice<UInt8>, isWhole: Bool) -> Bool {
    var known: Set<String> = []
    var rest = bytes
    while !rest.isEmpty {
      let end = rest.firstIndex(of: .lineFeed)
      if end == nil, !isWhole { break }
      let line = withoutCR(rest[..<(end ?? rest.endIndex)])
      rest = end.map { rest[($0 + 1)...] } ?? []
      if line.isEmpty { break }
      if line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t") { continue }
      guard let name = HeaderLine.name(of: line) else { return known.count > 1 }
      if mailFields.contains(name) { known.insert(name) }
    }
    return known.count > 1
  }

  private static let mailFields: Set<String> = [
    "from", "to", "cc", "bcc", "date", "subject", "message-id", "received", "return-path",
    "delivered-to", "envelope-to", "reply-to", "sender", "in-reply-to", "references",
    "mime-version", "content-type", "content-transfer-encoding", "x-mailer", "user-agent",
    "x-original-to", "list-id", "dkim-signature", "x-uidl", "newsgroups", "path", "resent-from",
  ]
}

/// A line of a header.
enum HeaderLine {
  /// The field's name in lower case; nil if the line begins no field (RFC 5322, section 2.2).
  static func name(of line: ArraySlice<UInt8>) -> String? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    var name = line[..<colon]
    while name.last == UInt8(ascii: " ") || name.last == UInt8(ascii: "\t") {
      name = name.dropLast()
    }
    guard !name.isEmpty, name.count <= 128, name.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      return nil
    }
    return String(decoding: name, as: UTF8.self).lowercased()
  }
}
