import Clients
import Journals
import Platform
import Protocols
import Stores
import Transport

extension Failure {
  /// What any error below this layer means to the user.
  package init(_ error: any Error, scope: FailureScope) {
    switch error {
    case let failure as Failure: self = failure
    case let error as ClientError: self.init(error, scope: scope)
    case let error as StoreError: self.init(error, scope: scope)
    case let error as JournalError: self.init(error)
    case let error as ReceiptError: self.init(error)
    case let error as SystemError: self.init(error)
    default:
      self.init(scope: scope, cause: .disk, "\(error)")
    }
  }

  private init(
    scope: FailureScope, cause: FailureCause, _ summary: String, advice: String? = nil,
    retryable: Bool = false
  ) {
    self.init(
      scope: scope, cause: cause, summary: summary, advice: advice, retryable: retryable)
  }

  private init(_ error: ClientError, scope: FailureScope) {
    switch error {
    case .transport(let error): self.init(error)
    case .protocolViolation(let error): self.init(violation: error)
    case .pop3Violation(let error): self.init(violation: error)
    case .unreadableList(let evidence):
      self.init(
        scope: .account, cause: .protocolViolation,
        "a line of the server's list of mailboxes can't be understood: \(evidence)")
    case .tooMuch(let what, let limit):
      self.init(
        scope: .account, cause: .protocolViolation,
        "the server tells of more \(what) than can be: more than \(limit)")
    case .serverClosed(let text):
      self.init(
        scope: .account, cause: .connectionLost, "the server closed the connection: \(text.text)",
        advice: "Run the same command again later; it goes on where it stopped.", retryable: true)
    case .outOfStep(let text):
      self.init(
        scope: .account, cause: .protocolViolation,
        "the server lost track in the middle of a message: \(text.text)", retryable: true)
    case .unsupportedServer:
      self.init(
        scope: .account, cause: .protocolViolation,
        "the server speaks neither IMAP4rev1 nor rev2")
    case .tlsNotOffered(let service):
      self.init(
        scope: .account, cause: .tlsRefused,
        "the server offers no encryption on this port, and the password would go in plaintext",
        advice: "Use \(service.scheme(tls: true)):// if the server has it. If nobody can listen on "
          + "the way, --allow-plaintext does without.")
    case .noLoginMechanism(let service):
      self.init(
        scope: .account, cause: .loginRefused,
        "the server takes no password on this connection",
        advice: "It may ask for encryption first (\(service.scheme(tls: true))://), or for another "
          + "way to log in.")
    case .loginRefused(let service, let text):
      self.init(
        scope: .account, cause: .loginRefused, "the login was refused: \(text.text)",
        advice: "Check user name and password, and whether the provider wants the full address, "
          + "\(service.name) access switched on, or an application password. There was one try "
          + "only.")
    case .stayAway(let seconds, let words):
      let minutes = Int(min(seconds / 60, 1e6).rounded(.up))
      self.init(
        scope: .account, cause: .throttled,
        "the server wants to be left alone for \(minutes) minutes: \(words)",
        advice: "Run the same command again after that; it goes on where it stopped.",
        retryable: true)
    case .loginUnavailable(let text, _):
      self.init(
        scope: .account, cause: .throttled, "the server lets nobody in now: \(text.text)",
        advice: "Run the same command again later.", retryable: true)
    case .refused(let command, _, let text):
      self.init(
        scope: scope, cause: Self.cause(of: text), "\(command) was refused: \(text.text)",
        advice: command == "CREATE" ? Self.nameAdvice : nil,
        retryable: text.code?.isTemporary ?? false)
    }
  }

  private init(violation: any Error) {
    self.init(
      scope: .account, cause: .protocolViolation,
      "the server's answer can't be understood: \(violation)")
  }

  private static func cause(of text: ResponseText) -> FailureCause {
    switch text.code {
    case .overQuota: .overQuota
    case let code? where code.isTemporary: .throttled
    default: .refused
    }
  }

  private init(_ error: TransportError) {
    let cause: FailureCause
    var advice: String?
    switch error {
    case .nameNotFound, .connectionRefused, .unreachable: cause = .unreachable
    case .timedOut, .connectionLost:
      cause = .connectionLost
      advice = "Run the same command again; it goes on where it stopped."
    case .interrupted: cause = .interrupted
    case .tlsFailed, .certificateRejected, .trustFileUnusable: cause = .tlsRefused
    case .system: cause = .disk
    }
    self.init(
      scope: cause == .interrupted ? .run : .account, cause: cause, "\(error)", advice: advice,
      retryable: error.isRetryable)
  }

  private init(_ error: StoreError, scope: FailureScope) {
    switch error {
    case .damaged(let file, _) where file.contains("/.mailarc/"):
      self.init(
        scope: scope, cause: .input, "\(error)", advice: Self.rebuildAdvice)
    case .notFound, .damaged, .unsuitableName:
      self.init(scope: scope, cause: .input, "\(error)")
    case .notAnArchive, .noMail, .otherAccount, .otherSource, .unsupportedLayout:
      self.init(scope: .run, cause: .input, "\(error)")
    case .unfinished:
      self.init(
        scope: .run, cause: .input, "\(error)",
        advice: "Run the same `mailarc convert` again; it goes on where it stopped.")
    case .newerFormat: self.init(scope: .run, cause: .newerFormat, "\(error)")
    case .locked:
      self.init(
        scope: .run, cause: .locked, "\(error)",
        advice: "Wait until the other run has ended, then run the same command again.",
        retryable: true)
    case .mailboxLocked:
      self.init(
        scope: scope, cause: .locked, "\(error)",
        advice: "Close the mail program that uses it, then run the same command again.",
        retryable: true)
    case .changed:
      self.init(
        scope: scope, cause: .disk, "\(error)",
        advice: "Run the same command again when no other program writes to it.", retryable: true)
    case .unreadable: self.init(scope: scope, cause: .disk, "\(error)")
    case .system(let error): self.init(error)
    }
  }

  private init(_ error: JournalError) {
    switch error {
    case .system(let error): self.init(error)
    case .foreign: self.init(scope: .run, cause: .newerFormat, "\(error)")
    }
  }

  private init(_ error: ReceiptError) {
    switch error {
    case .foreign, .noFile: self.init(scope: .run, cause: .input, "\(error)")
    case .malformed:
      self.init(
        scope: .run, cause: .input, "\(error)",
        advice: "It was edited, or is damaged. Take the file from where it was kept unchanged.")
    case .newer: self.init(scope: .run, cause: .newerFormat, "\(error)")
    case .changed: self.init(scope: .run, cause: .disk, "\(error)", retryable: true)
    }
  }

  private static let nameAdvice =
    "If the server can't have a mailbox of this name or in this place, rename or move the one in the "
    + "archive; it follows."

  private static let rebuildAdvice =
    "Run mailarc verify --rebuild on the archive; no mail is lost by it."

  private init(_ error: SystemError) {
    if error.isMisfit, error.path?.contains("/.mailarc/") == true {
      self.init(scope: .run, cause: .input, "\(error)", advice: Self.rebuildAdvice)
      return
    }
    self.init(
      scope: .run, cause: .disk, "\(error)",
      advice: error.isNoSpace
        ? "Make room, then run the same command again; it goes on where it stopped." : nil)
  }
}
