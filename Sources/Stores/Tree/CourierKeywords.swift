import Mail
import Platform

/// The keywords that Courier keeps in `courierimapkeywords`, by the base names of the messages.
///
/// The file `:list` holds the keywords of the mailbox, an empty line, and lines of a base name, a colon
/// and indexes into them. A file with a message's base name holds that message's keywords, a line each:
/// it is newer than the list. Once it is taken into the list it is kept for a while as `.NUMBER.NAME`.
struct CourierKeywords {
  static let directoryName = "courierimapkeywords"
  private static let listName = ":list"
  private static let listLimit = 256 << 20
  private static let fileLimit = 1 << 20

  private var byBaseName: [[UInt8]: Set<Keyword>] = [:]

  /// Reads them; nil where Courier keeps none.
  ///
  /// - Throws: `system`.
  init?(in mailbox: Directory) throws(StoreError) {
    guard let directory = try storedIfPresent(try mailbox.openSubdirectory(Self.directoryName))
    else { return nil }
    if let list = try storedIfPresent(
      try directory.readWhole(Self.listName, limit: Self.listLimit))
    {
      takeList(list)
    }
    // Of several files for one message the one without a number is the newest, then the highest
    // number.
    var newest: [[UInt8]: (rank: Int64, file: [UInt8])] = [:]
    var stream = try stored(try directory.stream())
    while let entry = try stored(try stream.next()) {
      guard entry.kind == .file, let (rank, base) = Self.parts(of: entry.bytes) else { continue }
      if let known = newest[base], known.rank > rank { continue }
      newest[base] = (rank, entry.bytes)
    }
    for (base, file) in newest {
      if let bytes = try storedIfPresent(
        try directory.readWhole(file.file, limit: Self.fileLimit))
      {
        byBaseName[base] = Set(bytes.split(separator: .lineFeed).compactMap { Self.keyword($0) })
      }
    }
  }

  private mutating func takeList(_ bytes: [UInt8]) {
    let lines = bytes.split(separator: .lineFeed, omittingEmptySubsequences: false)
    let names = lines.prefix { !$0.isEmpty }.map { Self.keyword($0) }
    for line in lines.dropFirst(names.count + 1) {
      guard let colon = line.lastIndex(of: UInt8(ascii: ":")) else { continue }
      let indexes = line[(colon + 1)...].split(separator: UInt8(ascii: " ")).compactMap {
        Int(String(decoding: $0, as: UTF8.self))
      }
      byBaseName[Array(line[..<colon])] = Set(
        indexes.filter { names.indices.contains($0) }.compactMap { names[$0] })
    }
  }

  private static func keyword(_ bytes: ArraySlice<UInt8>) -> Keyword? {
    bytes.isEmpty ? nil : Keyword(String(decoding: bytes, as: UTF8.self))
  }

  private static func parts(of name: [UInt8]) -> (rank: Int64, base: [UInt8])? {
    if name.elementsEqual(listName.utf8) { return nil }
    guard name.first == UInt8(ascii: ".") else { return (.max, name) }
    var scanner = ByteScanner(name.dropFirst())
    guard let number = scanner.number(), scanner.take(".") else { return nil }
    let base = name.dropFirst().drop { $0 != UInt8(ascii: ".") }.dropFirst()
    return (number, Array(base))
  }

  /// The message with its keywords added to what its name says.
  func adding(to message: StoredMessage) -> StoredMessage {
    guard let keywords = byBaseName[Array(message.baseName)], !keywords.isEmpty else {
      return message
    }
    var flags = message.flags
    flags.keywords.formUnion(keywords)
    return StoredMessage(MaildirName(message.name), in: message.place, flags: flags)
  }
}
