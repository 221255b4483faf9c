/// A violation after which the byte stream can't be followed any more.
///
/// The connection has to be closed. Once thrown, the session throws it again on every call.
package enum IMAPError: Error, Sendable, Equatable {
  /// The first bytes are no IMAP greeting (RFC 9051, section 7.1).
  case notAnIMAPServer(Evidence)

  /// A response grew beyond `IMAPLimits.lineLength`.
  case lineTooLong(limit: Int, Evidence)

  /// A literal that has to be held in memory is larger than `IMAPLimits.inlineLiteralSize`.
  case inlineLiteralTooLarge(announced: UInt64, limit: Int, Evidence)

  /// The literal of a body is larger than `IMAPLimits.streamedLiteralSize`.
  case streamedLiteralTooLarge(announced: UInt64, limit: UInt64, Evidence)

  /// Parentheses are nested deeper than `IMAPLimits.nestingDepth`.
  case nestingTooDeep(limit: Int, Evidence)

  /// The same error with other evidence.
  package func mapEvidence(_ change: (Evidence) -> Evidence) -> IMAPError {
    switch self {
    case .notAnIMAPServer(let evidence): .notAnIMAPServer(change(evidence))
    case .lineTooLong(let limit, let evidence): .lineTooLong(limit: limit, change(evidence))
    case .inlineLiteralTooLarge(let announced, let limit, let evidence):
      .inlineLiteralTooLarge(announced: announced, limit: limit, change(evidence))
    case .streamedLiteralTooLarge(let announced, let limit, let evidence):
      .streamedLiteralTooLarge(announced: announced, limit: limit, change(evidence))
    case .nestingTooDeep(let limit, let evidence): .nestingTooDeep(limit: limit, change(evidence))
    }
  }
}

/// The first bytes of something a server sent, kept to show what was wrong.
package struct Evidence: Sendable, Equatable, CustomStringConvertible {
  /// How many bytes are kept at most.
  package static let limit = 120

  /// The first bytes, as received.
  package let bytes: [UInt8]

  /// Keeps the first `limit` bytes.
  package init(_ source: some Collection<UInt8>) {
    bytes = Array(source.prefix(Self.limit))
  }

  /// Printable ASCII as it is, every other byte as `\xx`: safe for a terminal.
  package var description: String {
    var text = ""
    for byte in bytes {
      if byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "\\") {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16)
        text += digits.count == 1 ? "\\0\(digits)" : "\\\(digits)"
      }
    }
    return text
  }
}
