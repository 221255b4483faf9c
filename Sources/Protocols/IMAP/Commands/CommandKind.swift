/// What a command that has not ended yet is about.
package enum CommandKind: Sendable, Hashable {
  case capability
  case startTLS
  case login
  case authenticate
  case logout
  case select(RawMailboxName, readOnly: Bool)
  case unselect
  case append
  case other
}

extension IMAPCommand {
  /// What the session has to know when the command ends.
  var kind: CommandKind {
    switch self {
    case .capability: .capability
    case .startTLS: .startTLS
    case .login: .login
    case .authenticatePlain: .authenticate
    case .logout: .logout
    case .select(let mailbox, _): .select(mailbox, readOnly: false)
    case .examine(let mailbox, _): .select(mailbox, readOnly: true)
    case .unselect: .unselect
    default: .other
    }
  }
}
