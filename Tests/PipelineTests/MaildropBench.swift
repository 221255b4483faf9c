import Clients
import Glibc
import Mail
import Platform
import Protocols
import Stores
import TestSupport
import Transport

@testable import Pipeline

/// Pulls over POP3 from a fake server into an archive of its own.
struct MaildropBench {
  let server: FakePOP3Server
  let directory: TemporaryDirectory
  var archive: String { directory.file("ada") }

  /// How the server names its messages.
  enum Naming: String, CaseIterable {
    case lasting
    /// All names are others in each run.
    case renumbered
    /// All messages have one name.
    case repeated
    /// The name is the number.
    case numbers
    /// CAPA does not offer UIDL, and the command is refused.
    case withoutUIDL = "without UIDL"
    case withoutUIDLAndTOP = "without UIDL and TOP"
  }

  init(
    _ directory: TemporaryDirectory? = nil,
    _ change: (inout FakePOP3Server.State) -> Void = { _ in }
  ) throws {
    server = try FakePOP3Server(change)
    self.directory = try directory ?? TemporaryDirectory(inMemory: true)
  }

  /// A message that differs from others in header and body.
  static func message(_ subject: String) -> String {
    String(decoding: PullBench.message(subject), as: UTF8.self)
  }

  /// Sets what the maildrop holds, named so as in the run of this number.
  func hold(_ bodies: [String], _ naming: Naming = .lasting, run: Int = 1) {
    server.change { state in
      state.messages = bodies.enumerated().map { index, body in
        let uidl =
          switch naming {
          case .lasting, .withoutUIDL, .withoutUIDLAndTOP: "u\(body.hashValue)-\(index)"
          case .renumbered: "r\(run)-\(index)"
          case .repeated: "same"
          case .numbers: "\(index + 1)"
          }
        return FakePOP3Server.Message(body, uidl: uidl)
      }
      switch naming {
      case .withoutUIDL:
        state.capabilities = ["USER", "TOP", "PIPELINING"]
        state.withheld = ["UIDL"]
      case .withoutUIDLAndTOP:
        state.capabilities = ["USER", "PIPELINING"]
        state.withheld = ["UIDL", "TOP"]
      default: break
      }
    }
  }

  @discardableResult
  func pull(
    dryRun: Bool = false, prune: Int? = nil, layout: ArchiveIdentity.Layout? = nil,
    retry: RetryPolicy = RetryPolicy(pauses: [0.001, 0.001], elapse: { min($0, 0.001) })
  ) async throws -> RunReport {
    let options = PullOptions(
      source: ServerAccount(
        service: .pop3, user: "ada", password: Secret("secret"), host: "127.0.0.1",
        port: server.port, security: .plaintextAllowed, trust: .system, timeout: 10,
        identity: "ada"),
      archivePath: archive, layout: layout, connections: 4, dryRun: dryRun,
      acceptDeletions: false, refetchDeleted: false, prune: prune != nil,
      pruneLimit: prune ?? PruneLimit.standard, retry: retry)
    return await PullPipeline(
      options: options, observer: NoObserver(), interruption: try Interruption()
    ).run()
  }

  /// Pulls with the program itself.
  func run(environment: [String: String] = [:]) throws -> ProcessResult {
    let password = directory.file("password")
    try writeFile(password, "secret\n")
    chmod(password, 0o600)
    return try runProcess(
      builtProgram("mailarc"),
      [
        "pull", "pop3://ada@127.0.0.1:\(server.port)", archive, "--allow-plaintext",
        "--password-file", password,
      ], environment: environment)
  }

  /// The commands of a name since the last time that they were asked for.
  func take(_ command: String) -> Int {
    server.change { state in
      defer { state.lines.removeAll() }
      return state.lines.count { $0.uppercased().hasPrefix(command) }
    }
  }

  func view() throws -> ArchiveView { try ArchiveView(archive) }
}
