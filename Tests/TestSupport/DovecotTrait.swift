import Glibc
package import Testing

extension Trait where Self == ConditionTrait {
  /// Skips the suite or test, by name, where Debian's `dovecot-imapd` or `dovecot-pop3d` is not installed.
  package static var requiresDovecot: Self {
    .enabled("dovecot-imapd, dovecot-pop3d and openssl are installed") { Dovecot.isInstalled }
  }
}

extension Dovecot {
  /// Whether Debian's packages are there.
  static var isInstalled: Bool {
    let programs: [String] = [
      Dovecot.program, "/usr/lib/dovecot/imap", "/usr/lib/dovecot/pop3", "/usr/bin/openssl",
    ]
    return programs.allSatisfy { access($0, X_OK) == 0 }
  }
}
