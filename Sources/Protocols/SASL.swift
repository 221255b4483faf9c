/// What a client says in the SASL mechanisms that every protocol shares.
package enum SASL {
  /// The one message of PLAIN (RFC 4616), not yet encoded.
  ///
  /// - Parameters:
  ///   - authorizationID: whom to act as; empty for oneself.
  ///   - user: who logs in.
  ///   - password: the password of `user`.
  /// - Returns: the octets, the password among them.
  package static func plain(authorizationID: String, user: String, password: Secret) -> [UInt8] {
    Array(authorizationID.utf8) + [0] + Array(user.utf8) + [0] + password.declassify()
  }
}
