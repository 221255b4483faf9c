package import Mail

/// What an account is to be used for.
package enum ProbeRole: String, Sendable {
  /// That was not said.
  case account
  case source
  case target

  var isSource: Bool { self != .target }
  var isTarget: Bool { self != .source }
}

/// Something that the user should know before mail is copied from or to an account.
///
/// Its texts may hold words of a server: whoever shows them on a terminal escapes them.
package struct ProbeFinding: Sendable, Equatable {
  /// What it is about, for programs; in the order in which a report tells it.
  package enum Kind: String, Sendable, CaseIterable {
    case plaintext
    case certificateExpires = "certificate-expires"
    case sameAccount = "same-account"
    case mailboxRefused = "mailbox-refused"
    case noUIDValidity = "no-uidvalidity"
    case onlyRecentMail = "only-recent-mail"
    case messagesTooLarge = "messages-too-large"
    case quotaExceeded = "quota-exceeded"
    case quotaNearlyFull = "quota-nearly-full"
    case keywordsNotKept = "keywords-not-kept"
    case nameImpossible = "name-impossible"
    case namesCollide = "names-collide"
    case onlyInbox = "only-inbox"
    case noUIDL = "no-uidl"
    case noUIDPlus = "no-uidplus"
    case noCondStore = "no-condstore"
    case nameChanged = "name-changed"
    case nameDoubtful = "name-doubtful"
    case mailboxesMerge = "mailboxes-merge"
    case virtualMailbox = "virtual-mailbox"
    case manyKeywords = "many-keywords"
    case noTop = "no-top"
    case noPipelining = "no-pipelining"
    case loginDelay = "login-delay"
    case empty

    /// Whether something would go wrong; else it goes another way, or is slower.
    package var isWarning: Bool {
      switch self {
      case .plaintext, .certificateExpires, .sameAccount, .mailboxRefused, .noUIDValidity,
        .onlyRecentMail, .messagesTooLarge, .quotaExceeded, .quotaNearlyFull, .keywordsNotKept,
        .nameImpossible, .namesCollide:
        true
      case .onlyInbox, .noUIDL, .noUIDPlus, .noCondStore, .nameChanged, .nameDoubtful,
        .mailboxesMerge,
        .virtualMailbox, .manyKeywords, .noTop, .noPipelining, .loginDelay, .empty:
        false
      }
    }
  }

  /// What it is about, for programs.
  package let kind: Kind
  /// The mailbox that it concerns; nil for the whole account.
  package let mailbox: MailboxName?
  /// What the user should know: one line, no full stop.
  package let text: String
  /// What the user can do about it, in whole sentences.
  package let advice: String?

  package init(
    _ kind: Kind, mailbox: MailboxName? = nil, _ text: String, advice: String? = nil
  ) {
    self.kind = kind
    self.mailbox = mailbox
    self.text = text
    self.advice = advice
  }
}
