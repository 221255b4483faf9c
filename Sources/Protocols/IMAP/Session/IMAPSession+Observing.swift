import Mail

extension IMAPSession {
  /// Draws the consequences of an event.
  mutating func observe(_ event: IMAPEvent) {
    switch event {
    case .greeting(let status, let text):
      parser.expectsGreeting = false
      if case .capability(let set) = text.code { capabilities = set }
      switch status {
      case .ok: state = .notAuthenticated
      case .preauthenticated: state = .authenticated
      case .bye: state = .logout
      }
    case .capability(let set):
      capabilities = set
      hasFreshCapabilities = !outstanding.values.contains(.capability)
    case .enabled(let capabilities): enabled.formUnion(capabilities)
    case .untaggedStatus(let status, let text):
      if case .capability(let set) = text.code { capabilities = set }
      if status == .bye { state = .logout }
    case .continuation: continuationReceived()
    case .completed(let tag, let status, let text): completed(tag, status, text)
    default: break
    }
  }

  private mutating func continuationReceived() {
    if output.awaitsContinuation != nil {
      output.continuationReceived()
      updateAppend()
    } else if outstanding.values.contains(.authenticate) {
      // PLAIN has one message and no challenge; `*` cancels (RFC 9051, section 6.2.2).
      output.sendNow([UInt8(ascii: "*"), 13, 10])
    }
  }

  private mutating func completed(
    _ tag: CommandTag, _ status: CompletionStatus, _ text: ResponseText
  ) {
    let kind = outstanding.removeValue(forKey: tag)
    if status == .ok { succeeded(kind, text) }
    if kind == .append, status == .bad, makeWriter(tag).policy.nonSynchronisingLimit != nil {
      mayBeOutOfStep = true
    }
    // A SELECT that fails has left the mailbox all the same (RFC 9051, section 6.3.2).
    if case .select = kind, status == .no, state != .logout { state = .authenticated }
    if case .capability(let set) = text.code, !awaitsTLS { capabilities = set }
    if awaitsTLS {
      output.dropHeld(by: tag)
    } else {
      output.completed(tag)
    }
    appendCompleted(tag)
    updateAppend()
  }

  private mutating func succeeded(_ kind: CommandKind?, _ text: ResponseText) {
    switch kind {
    case .startTLS: awaitsTLS = true
    case .login, .authenticate:
      state = .authenticated
      if !hasFreshCapabilities { capabilities = nil }
    case .select(let mailbox, let readOnly):
      state = .selected(mailbox, readOnly: readOnly || text.code == .readOnly)
    case .unselect: state = .authenticated
    case .logout: state = .logout
    default: break
    }
  }
}
