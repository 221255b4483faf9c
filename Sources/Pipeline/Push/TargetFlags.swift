import Clients
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
