/// What a POP3 server calls a message in every session (RFC 1939, section 7).
///
/// It comes from a server, which need not keep to the rules: it may be longer than they allow, hold
/// spaces or octets that are no ASCII, and be the same for two messages.
package struct UIDL: Hashable, Sendable, CustomStringConvertible {
  /// The octets as the server sent them, no control characters among them.
  package let bytes: [UInt8]

  /// Takes octets; nil if there are none, or control characters among them.
  package init?(bytes: some Collection<UInt8>) {
    guard !bytes.isEmpty, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
    self.bytes = Array(bytes)
  }

  /// Whether it keeps to the standard: 1 to 70 octets from 0x21 to 0x7E.
  package var isConforming: Bool {
    bytes.count <= 70 && bytes.allSatisfy { (0x21...0x7e).contains($0) }
  }

  /// Octets that are not UTF-8 replaced; not safe for a terminal.
  package var description: String { String(decoding: bytes, as: UTF8.self) }
}
