import Mail

/// Turns one whole response into an event (RFC 9051, section 7).
struct ResponseParser {
  let limits: IMAPLimits

  /// Whether the server sends mailbox names in UTF-8 now.
  var usesUTF8Names = false

  /// Whether nothing was received yet, so that a greeting has to come.
  var expectsGreeting = true

  /// Parses a response without its line end.
  ///
  /// - Parameters:
  ///   - bytes: the response, inline literals included.
  ///   - streamedOffset: where a streamed body would stand in `bytes`.
  /// - Returns: the event, or the violation after which the stream is not to be trusted.
  func parse(_ bytes: UnsafeRawBufferPointer, streamedOffset: Int?) -> Result<IMAPEvent, IMAPError>
  {
    var scanner = ResponseScanner(
      bytes, depthLimit: limits.nestingDepth, streamedOffset: streamedOffset)
    do throws(ParseFailure) {
      if expectsGreeting {
        guard let greeting = try greeting(&scanner) else {
          return .failure(.notAnIMAPServer(Evidence(bytes)))
        }
        return .success(greeting)
      }
      guard let event = try response(&scanner) else { return .success(.unknown(Evidence(bytes))) }
      return .success(event)
    } catch {
      switch error {
      case .malformed: return .success(.malformed(Evidence(bytes)))
      case .nestingTooDeep:
        return .failure(.nestingTooDeep(limit: limits.nestingDepth, Evidence(bytes)))
      }
    }
  }

  private func greeting(_ scanner: inout ResponseScanner) throws(ParseFailure) -> IMAPEvent? {
    guard scanner.skip(UInt8(ascii: "*")), scanner.skip(UInt8(ascii: " ")), !scanner.isAtEnd,
      let word = try? scanner.atom()
    else { return nil }
    let status: GreetingStatus
    if scanner.bytes.matches(word, "OK") {
      status = .ok
    } else if scanner.bytes.matches(word, "PREAUTH") {
      status = .preauthenticated
    } else if scanner.bytes.matches(word, "BYE") {
      status = .bye
    } else {
      return nil
    }
    return .greeting(status, ResponseTextParser.parse(&scanner))
  }

  /// Nil where the kind of response is not known.
  private func response(_ scanner: inout ResponseScanner) throws(ParseFailure) -> IMAPEvent? {
    switch scanner.next {
    case UInt8(ascii: "*"):
      scanner.position += 1
      try scanner.expectSpaces()
      if let byte = scanner.next, byte.isDigit { return try numbered(&scanner) }
      let word = try scanner.atom()
      return try untagged(word, &scanner)
    case UInt8(ascii: "+"):
      scanner.position += 1
      return .continuation(ResponseTextParser.parse(&scanner))
    case nil: return nil
    default: return try tagged(&scanner)
    }
  }

  /// `* n KIND`.
  private func numbered(_ scanner: inout ResponseScanner) throws(ParseFailure) -> IMAPEvent? {
    let number = try scanner.number32()
    try scanner.expectSpaces()
    let word = try scanner.atom()
    let bytes = scanner.bytes
    if bytes.matches(word, "FETCH") {
      return .fetch(try FetchParser.parse(&scanner, sequenceNumber: number))
    }
    if bytes.matches(word, "EXISTS") { return .exists(number) }
    if bytes.matches(word, "RECENT") { return .recent(number) }
    if bytes.matches(word, "EXPUNGE") {
      guard number > 0 else { throw .malformed }
      return .expunge(number)
    }
    return nil
  }

  /// `* KIND …`.
  private func untagged(
    _ word: Range<Int>, _ scanner: inout ResponseScanner
  ) throws(ParseFailure) -> IMAPEvent? {
    switch scanner.bytes.uppercasedText(word) {
    case "OK": .untaggedStatus(.ok, ResponseTextParser.parse(&scanner))
    case "NO": .untaggedStatus(.no, ResponseTextParser.parse(&scanner))
    case "BAD": .untaggedStatus(.bad, ResponseTextParser.parse(&scanner))
    case "BYE": .untaggedStatus(.bye, ResponseTextParser.parse(&scanner))
    case "CAPABILITY": .capability(ResponseTextParser.capabilities(&scanner))
    case "LIST":
      .list(try MailboxDataParser.list(&scanner, usesUTF8Names: usesUTF8Names))
    case "LSUB":
      .lsub(try MailboxDataParser.list(&scanner, usesUTF8Names: usesUTF8Names))
    case "STATUS": try MailboxDataParser.status(&scanner)
    case "QUOTA": .quota(try QuotaParser.quota(&scanner))
    case "QUOTAROOT": try QuotaParser.roots(&scanner)
    case "FLAGS": .flags(try scanner.flagList().flags)
    case "NAMESPACE": .namespace(try MailboxDataParser.namespaces(&scanner))
    case "SEARCH": try SearchParser.search(&scanner)
    case "ESEARCH": .eSearch(try SearchParser.extended(&scanner))
    case "VANISHED": try SearchParser.vanished(&scanner)
    case "ID": .id(try MailboxDataParser.identification(&scanner))
    case "ENABLED": .enabled(ResponseTextParser.capabilities(&scanner).all)
    default: nil
    }
  }

  /// `TAG STATUS …`.
  private func tagged(_ scanner: inout ResponseScanner) throws(ParseFailure) -> IMAPEvent? {
    guard let word = try? scanner.atom(), let tag = CommandTag(scanner.bytes[word]) else {
      return nil
    }
    try scanner.expectSpaces()
    let status: CompletionStatus
    let kind = try scanner.atom()
    if scanner.bytes.matches(kind, "OK") {
      status = .ok
    } else if scanner.bytes.matches(kind, "NO") {
      status = .no
    } else if scanner.bytes.matches(kind, "BAD") {
      status = .bad
    } else {
      throw .malformed
    }
    return .completed(tag, status, ResponseTextParser.parse(&scanner))
  }
}
