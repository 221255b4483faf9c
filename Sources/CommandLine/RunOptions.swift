/// How to reach an account, with everything that the command line says about it.
package struct AccountOptions: Sendable {
  package var url: AccountURL
  package var password: Password
  /// A file of certificate authorities (PEM) to trust instead of the system's.
  package var tlsAuthorityFile: String?
  /// The user's consent to go on where `imap://` offers no STARTTLS.
  package var allowsPlaintext: Bool
  /// Seconds that a server may stay silent.
  package var timeoutSeconds: Int
  /// How many connections to use at most.
  package var connections: Int
}

/// What `mailarc pull` was asked to do.
package struct PullOptions: Sendable {
  package var source: AccountOptions
  package var archivePath: String
  package var dryRun: Bool
  package var allNamespaces: Bool
  package var acceptDeletions: Bool
  package var refetchDeleted: Bool
}

/// What `mailarc push` was asked to do.
package struct PushOptions: Sendable {
  package var archivePath: String
  package var target: AccountOptions
  package var dryRun: Bool
  package var acceptDeletions: Bool
  package var resendDeleted: Bool
  package var withDeleted: Bool
  package var retryRefused: Bool
  package var full: Bool
}
