package import Mail

/// A mailbox name as its bytes are on the wire.
///
/// A name from a server is sent back byte for byte, whether or not it is well-formed; so it is kept
/// raw, and decoded only to be shown or compared (RFC 9051, section 5.1; RFC 3501, section 5.1.3).
package struct RawMailboxName: Hashable, Sendable, CustomStringConvertible {
  /// The bytes, without quotes.
  package let bytes: [UInt8]

  /// Wraps bytes as received.
  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// Encodes a whole name, separators included.
  ///
  /// - Parameters:
  ///   - name: the name in Unicode.
  ///   - usesUTF8: whether names go as UTF-8 (see `IMAPSession.usesUTF8Names`), not modified UTF-7.
  package init(encoding name: String, usesUTF8: Bool) {
    bytes = Array((usesUTF8 ? name : ModifiedUTF7.encode(name)).utf8)
  }

  /// Encodes a hierarchy below a namespace prefix.
  ///
  /// `INBOX` itself takes no prefix. A component that holds the separator can't be told from two
  /// components by the server: the caller has to replace it beforehand.
  /// Nil where there are several components and the server has no separator.
  package init?(_ name: MailboxName, prefix: RawMailboxName, separator: UInt8?, usesUTF8: Bool) {
    var bytes = name.isInbox ? [] : prefix.bytes
    for (index, component) in name.components.enumerated() {
      if index > 0 {
        guard let separator else { return nil }
        bytes.append(separator)
      }
      bytes += RawMailboxName(encoding: component, usesUTF8: usesUTF8).bytes
    }
    self.bytes = bytes
  }

  /// `INBOX`.
  package static let inbox = RawMailboxName(bytes: Array("INBOX".utf8))

  /// Whether the name is that of the INBOX, which alone has no case (RFC 9051, section 5.1).
  package var isInbox: Bool { bytes.map(\.uppercased) == Self.inbox.bytes }

  /// The name in Unicode, separators included.
  ///
  /// What is not well-formed is taken literally: as UTF-8, else as Latin-1.
  package func decoded(usesUTF8: Bool) -> String { Self.decode(bytes[...], usesUTF8: usesUTF8) }

  /// The components, each decoded by itself, so that no decoded byte is taken for a separator.
  package func components(separator: UInt8?, usesUTF8: Bool) -> [String] {
    guard let separator else { return [decoded(usesUTF8: usesUTF8)] }
    return bytes.split(separator: separator, omittingEmptySubsequences: false).map {
      Self.decode($0, usesUTF8: usesUTF8)
    }
  }

  /// The bytes as text, bytes that are not UTF-8 replaced.
  package var description: String { String(decoding: bytes, as: UTF8.self) }

  private static func decode(_ bytes: ArraySlice<UInt8>, usesUTF8: Bool) -> String {
    if !usesUTF8, let name = ModifiedUTF7.decode(bytes) { return name }
    if let name = String(validating: bytes, as: UTF8.self) { return name }
    return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }
}
