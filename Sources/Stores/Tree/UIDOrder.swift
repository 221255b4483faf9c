import Mail
import Platform

/// The UIDs that a server or a synchroniser gave to the messages of a Maildir; they say the order in
/// which the messages came.
struct UIDOrder {
  /// The files that servers keep, each with how a line of it is read.
  static let files: [(name: String, isDovecot: Bool)] = [
    ("dovecot-uidlist", true), ("courierimapuiddb", false),
  ]
  private static let limit = 256 << 20

  private var uids: [[UInt8]: UInt32] = [:]

  /// Reads the file of the server that keeps the mailbox; without one, names alone tell.
  ///
  /// - Throws: `system`.
  init(in directory: Directory) throws(StoreError) {
    for file in Self.files {
      guard
        let bytes = try storedIfPresent(try directory.readWhole(file.name, limit: Self.limit))
      else { continue }
      // The first line is about the mailbox.
      for line in bytes.split(separator: .lineFeed).dropFirst() {
        take(line, hasFields: file.isDovecot && bytes.first == UInt8(ascii: "3"))
      }
      return
    }
  }

  // `UID NAME`; in Dovecot's third version fields may stand between, and a colon before the name.
  private mutating func take(_ line: ArraySlice<UInt8>, hasFields: Bool) {
    var scanner = ByteScanner(line)
    guard let uid = scanner.number().flatMap({ UInt32(exactly: $0) }), scanner.take(" ") else {
      return
    }
    var name = line.drop { $0 != UInt8(ascii: " ") }.dropFirst()
    if hasFields {
      guard let colon = Self.nameMark(in: name) else { return }
      name = name[(colon + 1)...]
    }
    uids[Array(MaildirName(Array(name)).base)] = uid
  }

  /// The colon that begins a word.
  private static func nameMark(in fields: ArraySlice<UInt8>) -> Int? {
    var isStart = true
    for index in fields.indices {
      if isStart, fields[index] == UInt8(ascii: ":") { return index }
      isStart = fields[index] == UInt8(ascii: " ")
    }
    return nil
  }

  /// The UID of a message: what the server's file says, else what `,U=` in its name does, as mbsync and
  /// offlineimap write it.
  func uid(of message: StoredMessage) -> UInt32? {
    if let uid = uids[Array(message.baseName)] { return uid }
    var rest = message.baseName
    while let comma = rest.firstIndex(of: UInt8(ascii: ",")) {
      rest = rest[(comma + 1)...]
      var scanner = ByteScanner(rest)
      if scanner.take("U=") { return scanner.number().flatMap { UInt32(exactly: $0) } }
    }
    return nil
  }
}
