import Glibc
package import Testing

extension Trait where Self == ConditionTrait {
  /// Skips the suite or test, by name, where Debian's `dovecot-imapd` is not installed.
  package static var requiresDovecot: Self {
    .enabled("dovecot-imapd and openssl are installed") {
      let programs: [String] = [Dovecot.program, "/usr/lib/dovecot/imap", "/usr/bin/openssl"]
      return programs.allSatisfy { access($0, X_OK) == 0 }
    }
  }
}
