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

extension Trait where Self == ConditionTrait {
  /// Skips the suite or test, by name, where one of these programs is missing.
  package static func programs(_ paths: String...) -> Self {
    .enabled("these programs are installed: \(paths.joined(separator: ", "))") {
      paths.allSatisfy { access($0, X_OK) == 0 }
    }
  }
}
