import Glibc
import Pipeline
import Platform
import Protocols

/// Starts pushes of this very program into the account of a selftest.
struct SelftestLauncher: PushLauncher {
  /// The number that the password's descriptor has in the push.
  private static let passwordDescriptor: Int32 = 3
  /// Variables that are the selftest's own, or that would show the password.
  private static let ownVariables: Set<String> = [
    AccountRole.sole.passwordVariable, AccountRole.source.passwordVariable,
    AccountRole.target.passwordVariable, "MAILARC_KILL_AT_STEP", "MAILARC_KILL_AT_POINT",
    "MAILARC_KILL_AFTER_MICROSECONDS", "MAILARC_LIST_STEPS_IN",
  ]

  private let operand: String
  private let options: [String]
  private let password: MemoryFile

  /// A file with the password that each push can open anew; it has no name and ends with this process.
  private final class MemoryFile: Sendable {
    let descriptor: FileDescriptor

    init(_ secret: Secret) throws(SystemError) {
      descriptor = try FileDescriptor.memoryFile("mailarc", holding: secret.declassify())
    }
  }

  /// Hands on everything that says how to reach the account.
  ///
  /// - Throws: `SystemError`.
  init(_ invocation: Invocation, password: Secret) throws(SystemError) {
    operand = invocation.operands[0]
    options = Self.accountOptions(invocation)
    self.password = try MemoryFile(password)
  }

  /// The options of an account that a selftest and a push have in common, but for the password's.
  static func accountOptions(_ invocation: Invocation) -> [String] {
    OptionTable.options(of: .push).compactMap { option in
      guard option.group == .account, option.commands.contains(.selftest),
        option.name != .passwordFile, option.name != .passwordCommand,
        let value = invocation.text(option.name)
      else { return nil }
      return option.value == .none ? option.spelling : "\(option.spelling)=\(value)"
    }
  }

  func start(archive: String, variables: [String: String]) throws -> SpawnedProcess {
    try SpawnedProcess(setup(archive: archive, variables: variables))
  }

  /// How a push is started.
  func setup(archive: String, variables: [String: String]) -> SpawnedProcess.Setup {
    let file = "--password-file=/dev/fd/\(Self.passwordDescriptor)"
    return SpawnedProcess.Setup(
      // The file that runs now, also if another version was installed meanwhile.
      path: "/proc/self/exe",
      arguments: ["mailarc", "push", "--quiet", "--connections=1", file] + options
        + ["--", archive, operand],
      environment: Environment.all(without: Self.ownVariables)
        + variables.map { "\($0.key)=\($0.value)" },
      readsNothing: true, capturing: STDERR_FILENO,
      handing: [password.descriptor.rawValue: Self.passwordDescriptor], leadsGroup: true)
  }
}
