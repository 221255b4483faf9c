import Clients
import Glibc
import Mail
import Platform
import Protocols
import Stores
import TestSupport
import Transport

@testable import Pipeline

/// A pull from a `SourceServer` into an archive of its own.
final class SourceBench {
  let server: SourceServer
  let directory: TemporaryDirectory
  var archive: String { directory.file(name) }
  private let name: String
  private let user: String

  init(
    user: String = "ada", in shared: TemporaryDirectory? = nil,
    _ change: (inout SourceServer.State) -> Void
  ) throws {
    server = try SourceServer(change)
    directory = try shared ?? TemporaryDirectory(inMemory: true)
    name = user
    self.user = user
  }

  /// Another archive of the same account beside that one's.
  init(sharing other: SourceBench, archive: String) throws {
    server = other.server
    directory = other.directory
    name = archive
    user = other.user
  }

  @discardableResult
  func pull(
    dryRun: Bool = false, accept: Bool = false, refetch: Bool = false, prune: Int? = nil,
    layout: ArchiveIdentity.Layout? = nil, connections: Int = 1, timeout: Double = 10,
    retry: RetryPolicy = RetryPolicy(pauses: [0.001, 0.001]),
    observer: any RunObserver = NoObserver()
  ) async throws
    -> RunReport
  {
    let account = ServerAccount(
      service: .imap, user: user, password: Secret("secret"), host: "127.0.0.1", port: server.port,
      security: .plaintextAllowed, trust: .system, timeout: timeout, identity: user)
    let options = PullOptions(
      source: account, archivePath: archive, layout: layout, connections: connections,
      dryRun: dryRun,
      acceptDeletions: accept, refetchDeleted: refetch,
      prune: prune != nil, pruneLimit: prune ?? PruneLimit.standard,
      retry: retry)
    return await PullPipeline(
      options: options, observer: observer, interruption: try Interruption()
    ).run()
  }

  /// Pulls with the program itself, to which the account has another name than to `pull`.
  func run(
    _ more: [String] = [], layout: ArchiveIdentity.Layout? = nil,
    environment: [String: String] = [:]
  ) throws -> ProcessResult {
    try runProcess(
      builtProgram("mailarc"), try arguments(more, layout: layout), environment: environment)
  }

  /// What `run` tells the program.
  func arguments(
    _ more: [String], layout: ArchiveIdentity.Layout?
  ) throws -> [String] {
    let password = directory.file("password")
    try writeFile(password, "secret\n")
    chmod(password, 0o600)
    return [
      "pull", "imap://\(user)@127.0.0.1:\(server.port)", archive, "--allow-plaintext",
      "--connections", "1", "--password-file", password,
    ] + (layout.map { ["--layout", $0.rawValue] } ?? []) + more
  }

  func view() throws -> ArchiveView { try ArchiveView(archive) }

  static func messages(_ count: UInt32, from first: UInt32 = 1) -> [SourceServer.Message] {
    (first..<first + count).map {
      SourceServer.Message(uid: $0, body: PullBench.message("m\($0)"), modSeq: UInt64($0))
    }
  }
}
