import Pipeline
import Platform
import Protocols

/// Where a password comes from: the first that is given of a file, a command, the environment and
/// the person at the terminal.
struct PasswordSource {
  /// The value of `--password-file`.
  let file: String?
  /// The value of `--password-command`.
  let command: String?
  /// Whose password it is.
  var role = AccountRole.sole
  /// The value of the environment variable, empty or nil if there is none.
  let environment: String?
  /// The device to ask at, normally `/dev/tty`.
  let terminal: String

  /// Gets the password for an account.
  ///
  /// Blocks as long as a command or a person takes.
  ///
  /// - Throws: a usage failure if the chosen source has none, or if there is no source at all; the
  ///   signal's failure if interrupted.
  func password(
    for account: AccountURL, interruption: Interruption?
  ) throws(Failure) -> Secret {
    if let file { return try PasswordFile.read(file) }
    if let command { return try PasswordCommand.run(command, interruption: interruption) }
    if let environment, !environment.isEmpty {
      guard let password = PasswordLine.secret(in: Array(environment.utf8)) else {
        throw .usage("\(role.passwordVariable) holds no password")
      }
      return password
    }
    let question = "Password of \(account.user) on \(account.host): "
    let typed = try PasswordPrompt.ask(
      path: terminal, question: TerminalText.escape(question), interruption: interruption)
    guard let typed else {
      throw .usage(
        "no password for \(account.user) on \(account.host), and no terminal to ask at",
        advice: "Use --\(OptionName.passwordFile.of(role).rawValue) or "
          + "--\(OptionName.passwordCommand.of(role).rawValue), or set \(role.passwordVariable).")
    }
    return typed
  }
}
