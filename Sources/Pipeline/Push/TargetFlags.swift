import Clients
import Journals
import Mail

/// Which flags a target mailbox keeps (PERMANENTFLAGS, RFC 9051, section 7.1).
struct TargetFlags {
  let permanent: Flags?
  let takesNewKeywords: Bool
  let withDeleted: Bool

  // A mailbox that is open for reading only keeps nothing, says the server, which tells nothing of
  // what it would keep.
  init(_ selected: SelectedMailbox, isReadOnly: Bool, withDeleted: Bool) {
    permanent = isReadOnly ? nil : selected.permanentFlags
    takesNewKeywords = isReadOnly || selected.takesNewKeywords
    self.withDeleted = withDeleted
  }

  /// What a push recorded of the mailbox; all flags where it recorded nothing.
  init(_ recorded: TargetTable.Kept?) {
    permanent = recorded?.permanent
    takesNewKeywords = recorded?.takesNewKeywords ?? true
    withDeleted = false
  }

  /// What is recorded for those who don't ask the server.
  var recorded: TargetTable.Kept {
    TargetTable.Kept(permanent: permanent, takesNewKeywords: takesNewKeywords)
  }

  /// What of a message's flags is sent.
  func kept(of flags: Flags) -> Flags {
    var wanted = flags
    if !withDeleted { wanted.system.remove(.deleted) }
    guard let permanent else { return wanted }
    var kept = wanted.intersection(permanent)
    if takesNewKeywords { kept.keywords = wanted.keywords }
    return kept
  }

  /// What of them the target does not keep.
  func lost(of flags: Flags) -> Flags {
    var wanted = flags
    if !withDeleted { wanted.system.remove(.deleted) }
    return wanted.subtracting(kept(of: flags))
  }
}
