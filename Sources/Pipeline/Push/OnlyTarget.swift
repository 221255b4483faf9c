import Journals
import Mail
import Platform
import Stores

/// Finds the account that an archive is pushed to, where it is only one.
package struct OnlyTarget {
  let path: String

  /// - Parameter path: the archive's directory.
  package init(path: String) { self.path = path }

  /// Finds it.
  ///
  /// - Returns: its URL, as it was named when it was last pushed to, and the account that this has to be.
  /// - Throws: a usage `Failure` where there is none, or several, or nobody recorded how it is reached.
  package func run() throws(Failure) -> (url: String, identity: String) {
    var targets: [(identity: String, url: String?)] = []
    do {
      guard try Archive.exists(path: path) else {
        throw Failure.usage(
          "\"\(path)\" is no archive of mailarc, which would know where it is pushed to",
          advice: "Name the account: mailarc push \(path) imaps://user@host.")
      }
      let archive = try Archive.open(path: path, for: .reading)
      targets = try KnownAccounts(archive: archive).targets().map { account, directory in
        (account.identity, TargetTable(in: directory)?.url)
      }
    } catch {
      throw Failure(error, scope: .run)
    }
    guard let only = targets.first else {
      throw .usage(
        "the archive was never pushed",
        advice: "Name the account: mailarc push \(path) imaps://user@host.")
    }
    guard targets.count == 1 else {
      let names = targets.map { $0.url ?? $0.identity }
      throw .usage(
        "the archive is pushed to several accounts", advice: "Name one of \(Counted.list(names)).")
    }
    guard let url = only.url else {
      throw .usage(
        "nobody recorded how to reach \(only.identity)",
        advice: "Name the account once more: mailarc push \(path) imaps://user@host.")
    }
    return (url, only.identity)
  }
}
