import Clients
import Mail

/// Which flags a target mailbox keeps (PERMANENTFLAGS, RFC 9051, section 7.1).
struct TargetFlags {
  let permanent: Flags?
  let takesNewKeywords: Bool
  let withDeleted: Bool

  /// Takes what the server said when the mailbox was opened.
  ///
  /// - Parameters:
  ///   - selected: what it said.
  ///   - isReadOnly: whether the mailbox was opened for reading only, where the server says that it
  ///     keeps nothing, which tells nothing of what it would keep.
  ///   - withDeleted: whether `\Deleted` is pushed.
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
