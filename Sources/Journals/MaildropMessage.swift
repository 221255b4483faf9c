package import Mail

/// What a POP3 server tells of a message before it sends it.
package struct MaildropMessage: Hashable, Sendable {
  /// What it calls the message; nil where that tells it from no other.
  package let uidl: UIDL?
  /// The octets that LIST announced, be they true or not; zero where it announced none.
  package let octets: UInt64

  package init(uidl: UIDL?, octets: UInt64) {
    self.uidl = uidl
    self.octets = octets
  }
}

extension UIDValidity {
  /// That of the UIDs which mailarc gives the messages of a POP3 server: one that no IMAP server has
  /// (RFC 9051, section 2.3.1.1).
  package static let maildrop = UIDValidity(0)
}

extension UIDL {
  /// One character for each octet, of which a server may send any.
  var journalText: String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: bytes.map { Unicode.Scalar($0) })
    return String(text)
  }

  /// Reads `journalText`; nil for no UIDL.
  init?(journalText text: String) {
    let octets = text.unicodeScalars.map { UInt8(exactly: $0.value) }
    self.init(bytes: octets.compactMap { $0 })
    guard !octets.contains(nil) else { return nil }
  }
}
