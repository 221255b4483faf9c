/// A way to log in with a password.
package enum POP3Login: Sendable, Hashable {
  case authPlain, userPass, authLogin, apop

  /// The ways that a server offers, the best first.
  ///
  /// Within TLS they hide the password equally well, so those come first that work with whatever a
  /// server keeps of it. Without, APOP alone hides it.
  ///
  /// - Parameters:
  ///   - isEncrypted: whether TLS protects the connection.
  ///   - capabilities: what the server can do; nil if it does not say, and USER is tried then.
  ///   - hasTimestamp: whether the greeting has what APOP needs.
  ///   - user: who logs in.
  ///   - password: a way that can't carry it is left out.
  /// - Returns: none where the server takes no password on this connection.
  package static func ways(
    isEncrypted: Bool, capabilities: POP3Capabilities?, hasTimestamp: Bool, user: String,
    password: Secret
  ) -> [POP3Login] {
    var ways: [POP3Login] = []
    if capabilities?.mechanisms.contains("PLAIN") == true { ways.append(.authPlain) }
    if capabilities?.hasUser != false { ways.append(.userPass) }
    if capabilities?.mechanisms.contains("LOGIN") == true { ways.append(.authLogin) }
    if hasTimestamp { ways.insert(.apop, at: isEncrypted ? ways.endIndex : 0) }
    let userFits = fitsIntoLine(user.utf8)
    let passwordFits = fitsIntoLine(password.declassify())
    return ways.filter { way in
      switch way {
      // NUL separates what PLAIN sends.
      case .authPlain: !user.utf8.contains(0) && !password.declassify().contains(0)
      case .userPass: userFits && passwordFits
      case .authLogin: true
      case .apop: userFits && !user.utf8.contains(0x20)
      }
    }
  }

  private static func fitsIntoLine(_ octets: some Sequence<UInt8>) -> Bool {
    !octets.contains { $0 == 0 || $0 == 10 || $0 == 13 }
  }

  /// What a greeting holds for APOP (RFC 1939, section 7), with its brackets.
  ///
  /// It has to look like a Message-ID: a server in the middle that may choose octets at will can
  /// compute parts of the password from the answers.
  package static func timestamp(in greeting: String) -> String? {
    let text = greeting.utf8
    guard let start = text.firstIndex(of: UInt8(ascii: "<")),
      let end = text[start...].firstIndex(of: UInt8(ascii: ">"))
    else { return nil }
    let inside = text[text.index(after: start)..<end]
    let sides = inside.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard sides.count == 2, sides.allSatisfy({ !$0.isEmpty }),
      inside.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "<") })
    else { return nil }
    return String(decoding: text[start...end], as: UTF8.self)
  }
}
