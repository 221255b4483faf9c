import Mail

/// Reads LIST, LSUB, STATUS, NAMESPACE and ID (RFC 9051, section 7.3; RFC 2342; RFC 2971).
enum MailboxDataParser {
  static func list(
    _ scanner: inout ResponseScanner, usesUTF8Names: Bool
  ) throws(ParseFailure) -> ListEntry {
    var attributes: MailboxAttributes = []
    var specialUses: [SpecialUse] = []
    try scanner.openList()
    while !scanner.closeList() {
      let name = try scanner.atom()
      if let known = MailboxAttributes.named[scanner.bytes.uppercasedText(name)] {
        attributes.insert(known)
      } else if let use = SpecialUse(attribute: scanner.bytes.text(name)) {
        specialUses.append(use)
      }
    }
    try scanner.expectSpaces()
    let separator = try scanner.separator()
    try scanner.expectSpaces()
    let rawName = try name(&scanner)
    var entry = ListEntry(
      attributes: attributes, specialUses: specialUses, separator: separator, rawName: rawName,
      components: rawName.components(separator: separator, usesUTF8: usesUTF8Names))
    scanner.skipSpaces()
    if !scanner.isAtEnd { try extendedData(&scanner, into: &entry) }
    return entry
  }

  /// A mailbox's name; where it holds spaces and was not quoted, it goes on to the end.
  private static func name(
    _ scanner: inout ResponseScanner
  ) throws(ParseFailure) -> RawMailboxName {
    let start = scanner.position
    let isAtom = !scanner.startsString
    let name = try scanner.atomOrString()
    guard isAtom, !scanner.isAtEnd else { return RawMailboxName(bytes: name) }
    let end = scanner.position
    scanner.skipSpaces()
    if scanner.isAtEnd || (scanner.position > end && scanner.next == UInt8(ascii: "(")) {
      return RawMailboxName(bytes: name)
    }
    scanner.position = scanner.bytes.count
    return RawMailboxName(bytes: Array(scanner.bytes[start...]))
  }

  /// `("CHILDINFO" (…) "OLDNAME" (…))`.
  private static func extendedData(
    _ scanner: inout ResponseScanner, into entry: inout ListEntry
  ) throws(ParseFailure) {
    try scanner.openList()
    while !scanner.closeList() {
      let tag = String(decoding: try scanner.atomOrString(), as: UTF8.self).uppercased()
      try scanner.expectSpaces()
      switch tag {
      case "CHILDINFO":
        try scanner.openList()
        while !scanner.closeList() {
          let option = try scanner.atomOrString()
          entry.childInfo.append(String(decoding: option, as: UTF8.self).uppercased())
        }
      case "OLDNAME":
        try scanner.openList()
        scanner.skipSpaces()
        entry.oldName = RawMailboxName(bytes: try scanner.atomOrString())
        guard scanner.closeList() else { throw .malformed }
      default: try scanner.skipValue()
      }
    }
  }

  static func status(_ scanner: inout ResponseScanner) throws(ParseFailure) -> IMAPEvent {
    try scanner.expectSpaces()
    let isQuoted = scanner.startsString
    var attempt = scanner
    do {
      let name = RawMailboxName(bytes: try attempt.atomOrString())
      let items = try statusItems(&attempt)
      scanner = attempt
      return .status(name, items)
    } catch {
      guard !isQuoted else { throw error }
      // The name may hold spaces.
      let name = try unquotedName(&scanner)
      return .status(name, try statusItems(&scanner))
    }
  }

  /// A name that goes on to the space before the line's last list.
  private static func unquotedName(
    _ scanner: inout ResponseScanner
  ) throws(ParseFailure) -> RawMailboxName {
    var depth = 0
    var place = scanner.bytes.count
    while place > scanner.position {
      place -= 1
      if scanner.bytes[place] == UInt8(ascii: ")") { depth += 1 }
      guard scanner.bytes[place] == UInt8(ascii: "(") else { continue }
      depth -= 1
      if depth == 0 { break }
    }
    var end = place
    while end > scanner.position, scanner.bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
    guard depth == 0, end > scanner.position, end < place else { throw .malformed }
    let name = RawMailboxName(bytes: Array(scanner.bytes[scanner.position..<end]))
    scanner.position = place
    return name
  }

  private static func statusItems(
    _ scanner: inout ResponseScanner
  ) throws(ParseFailure) -> StatusItems {
    var items = StatusItems()
    try scanner.openList()
    while !scanner.closeList() {
      let item = scanner.bytes.uppercasedText(try scanner.atom())
      try scanner.expectSpaces()
      switch item {
      case "MESSAGES": items.messages = try scanner.number32()
      case "UIDNEXT": items.uidNext = UID(try scanner.number32())
      case "UIDVALIDITY": items.uidValidity = UIDValidity(try scanner.number32())
      case "HIGHESTMODSEQ": items.highestModSeq = ModificationSequence(try scanner.number())
      case "UNSEEN": items.unseen = try scanner.number32()
      case "SIZE": items.size = try scanner.number()
      case "APPENDLIMIT" where scanner.next?.isDigit == true:
        items.appendLimit = try scanner.number()
      default: try scanner.skipValue()
      }
    }
    return items
  }

  static func namespaces(_ scanner: inout ResponseScanner) throws(ParseFailure) -> Namespaces {
    try scanner.expectSpaces()
    let personal = try namespace(&scanner)
    try scanner.expectSpaces()
    let otherUsers = try namespace(&scanner)
    try scanner.expectSpaces()
    let shared = try namespace(&scanner)
    return Namespaces(personal: personal, otherUsers: otherUsers, shared: shared)
  }

  /// `((prefix separator extensions…)…)` or NIL.
  private static func namespace(
    _ scanner: inout ResponseScanner
  ) throws(ParseFailure) -> [NamespaceEntry] {
    guard scanner.skip(UInt8(ascii: "(")) else {
      guard scanner.bytes.matches(try scanner.atom(), "NIL") else { throw .malformed }
      return []
    }
    var entries: [NamespaceEntry] = []
    while !scanner.closeList() {
      try scanner.openList()
      let prefix = RawMailboxName(bytes: try scanner.nilOrBytes() ?? [])
      try scanner.expectSpaces()
      entries.append(NamespaceEntry(prefix: prefix, separator: try scanner.separator()))
      while !scanner.closeList() { try scanner.skipValue() }
    }
    return entries
  }

  static func identification(
    _ scanner: inout ResponseScanner
  ) throws(ParseFailure) -> [String: String] {
    scanner.skipSpaces()
    guard scanner.skip(UInt8(ascii: "(")) else {
      guard scanner.bytes.matches(try scanner.atom(), "NIL") else { throw .malformed }
      return [:]
    }
    var fields: [String: String] = [:]
    while !scanner.closeList() {
      let key = String(decoding: try scanner.atomOrString(), as: UTF8.self).lowercased()
      try scanner.expectSpaces()
      guard let value = try scanner.nilOrBytes() else { continue }
      fields[key] = String(decoding: value, as: UTF8.self)
    }
    return fields
  }
}
