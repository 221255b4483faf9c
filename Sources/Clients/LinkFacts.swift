package import Transport

/// How a server is reached, once it is.
package struct LinkFacts: Sendable, Equatable {
  /// The address and port that answered, in digits; nil where there is none to tell.
  package let address: String?
  /// What protects the connection; nil where nothing does.
  package let tls: TLSFacts?

  package init(address: String?, tls: TLSFacts?) {
    self.address = address
    self.tls = tls
  }
}
