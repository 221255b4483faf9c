import Glibc
package import Testing

extension Trait where Self == ConditionTrait {
  /// Skips the suite or test, by name, where the server can't be run: those other than Dovecot need
  /// root, who may mount, and what `tools/test` unpacks.
  package static func requires(_ kind: ServerKind) -> Self {
    guard let unpacked = kind.unpacked else { return .requiresDovecot }
    return .enabled("\(kind.rawValue) is unpacked in .build/servers, and root runs the tests") {
      unpacked.isUsable
    }
  }
}
