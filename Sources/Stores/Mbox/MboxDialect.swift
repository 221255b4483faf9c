/// One of the four ways to keep lines that begin with `From ` apart from those between messages.
package enum MboxDialect: String, CaseIterable, Sendable {
  /// `From ` in a body becomes `>From `, which can't be undone.
  case mboxo
  /// One more `>` before lines such as `From `, `>From `, `>>From `.
  case mboxrd
  /// As mboxo, and `Content-Length` says how long the body is.
  case mboxcl
  /// `Content-Length` alone.
  case mboxcl2

  /// Whether `Content-Length` decides where a message ends.
  var hasLengths: Bool { self == .mboxcl || self == .mboxcl2 }
}

/// What was found in a file, as far as it bears on its dialect.
struct MboxEvidence: Equatable {
  /// Messages, without those that programs keep for themselves.
  var messages = 0
  /// Messages that mailarc wrote.
  var ours = 0
  /// Messages of others whose quoting is certainly mboxrd's.
  var reversible = 0
  /// Messages that end where their `Content-Length` says, and with nothing in them that looks like a
  /// From_ line.
  var proven = 0
  /// Messages that end where their `Content-Length` says, with such lines in them.
  var spanning = 0
  /// Messages whose `Content-Length` is wrong.
  var lying = 0
  /// Messages of others without one.
  var without = 0
  /// Such messages that stand before the last one that has one.
  var withoutBefore = 0
  /// Lines such as `>From `.
  var quoted: Int64 = 0

  /// Whether those who wrote the file kept lengths in it.
  ///
  /// A length here and there came with the mail: most messages must have one, but for new mail at the
  /// file's end, and most must be right.
  var showsLengths: Bool {
    let held = proven + spanning
    return held > 0 && lying * 3 <= held && withoutBefore * 3 <= held
  }

  /// The dialect, and in one line why.
  func judge(forced: MboxDialect?, hasLengths: Bool, inside: Int) -> (MboxDialect, String) {
    if let forced { return (forced, "\(forced.rawValue), as was asked for") }
    var reason = ""
    if hasLengths {
      let dialect: MboxDialect = inside > 0 || quoted == 0 ? .mboxcl2 : .mboxcl
      reason =
        "Content-Length ends at the next From_ line in \(proven + spanning) of "
        + "\(messages - ours) messages"
      if inside > 0 { reason += "; \(inside) lines like it are inside messages" }
      return (dialect, describe(dialect, reason))
    }
    if ours + reversible > 0, ours + reversible >= messages - ours - reversible {
      reason =
        ours > 0
        ? "\(ours) of \(messages) messages were written by mailarc"
        : "\(reversible) of \(messages) messages begin with From mboxrd@z"
      return (.mboxrd, describe(.mboxrd, reason))
    }
    reason =
      lying + proven + spanning > 0
      ? "Content-Length is wrong or rare (right in \(proven + spanning), wrong in \(lying) of "
        + "\(messages) messages)"
      : "there is no Content-Length, and no sign of quoting that can be undone"
    if quoted > 0 { reason += "; \(quoted) quoted From_ lines stay as they are" }
    return (.mboxo, describe(.mboxo, reason))
  }

  private func describe(_ dialect: MboxDialect, _ reason: String) -> String {
    "\(dialect.rawValue): \(reason)"
  }
}
