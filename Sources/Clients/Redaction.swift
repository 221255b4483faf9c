import Mail
import Protocols

/// Keeps the password out of what a server says: some repeat the command that they refuse.
///
/// A text that holds a part of it in any of the forms in which it is sent, in any case, also with
/// backslashes in between, is withheld as a whole: what is left of it would tell where the part was.
struct Redaction {
  /// Said instead of a text that is withheld.
  static let replacement = "(what the server says holds the password and is not shown)"
  /// A part of this many bytes gives away enough.
  private static let part = 8

  private let needles: [[UInt8]]

  init(_ account: ServerAccount) {
    let password = account.password.declassify()
    let forms = [
      password, Base64.encode(password),
      Base64.encode(
        SASL.plain(authorizationID: "", user: account.user, password: account.password)),
    ]
    // Texts have bytes that are not UTF-8 replaced.
    needles = password.isEmpty ? [] : forms.map { Self.level(String(decoding: $0, as: UTF8.self)) }
  }

  /// The text, if nothing of the password is in it.
  func clean(_ text: ResponseText) -> ResponseText {
    var text = text
    if holdsSecret(text.text, limit: ResponseText.textLimit) { text.text = Self.replacement }
    if case .other(let name, let arguments)? = text.code,
      holdsSecret(name, limit: .max) || holdsSecret(arguments, limit: .max)
    {
      text.code = nil
    }
    return text
  }

  /// The same for an event that is shown to people.
  func clean(_ event: IMAPEvent) -> IMAPEvent {
    switch event {
    case .completed(let tag, let status, let text) where status != .ok:
      .completed(tag, status, clean(text))
    case .untaggedStatus(let status, let text) where status != .ok:
      .untaggedStatus(status, clean(text))
    case .greeting(let status, let text): .greeting(status, clean(text))
    case .malformed(let evidence): .malformed(clean(evidence))
    default: event
    }
  }

  /// The same for what can't be understood.
  func clean(_ error: IMAPError) -> IMAPError { error.mapEvidence(clean) }

  /// The same for what a POP3 server says.
  func clean(_ event: POP3Event) -> POP3Event {
    switch event {
    case .completed(let kind, let reply) where !reply.isOK: .completed(kind, clean(reply))
    case .greeting(let reply, let timestamp): .greeting(clean(reply), timestamp: timestamp)
    case .unasked(let reply): .unasked(clean(reply))
    case .malformed(let evidence): .malformed(clean(evidence))
    default: event
    }
  }

  /// The same for what a POP3 server said that can't be understood.
  func clean(_ error: POP3Error) -> POP3Error { error.mapEvidence(clean) }

  private func clean(_ reply: POP3Reply) -> POP3Reply {
    var code = reply.code
    if case .other(let name)? = code, holdsSecret(name, limit: .max) { code = nil }
    let isSecret = holdsSecret(reply.text, limit: POP3Reply.textLimit)
    return POP3Reply(
      isOK: reply.isOK, code: code, text: isSecret ? Self.replacement : reply.text)
  }

  private func clean(_ evidence: Evidence) -> Evidence {
    let text = String(decoding: evidence.bytes, as: UTF8.self)
    return holdsSecret(text, limit: Evidence.limit)
      ? Evidence(Self.replacement.utf8) : evidence
  }

  /// Whether a part of a form is in the text, or at its end if it may have been cut at the limit.
  private func holdsSecret(_ text: String, limit: Int) -> Bool {
    guard !needles.isEmpty else { return false }
    let level = Self.level(text)
    // A character that was cut, or replaced, changes the length a little.
    let isCut = text.utf8.count >= limit - 4
    return needles.contains { needle in
      let part = min(Self.part, needle.count)
      for start in 0...(needle.count - part)
      where Self.contains(level, needle[start..<start + part]) { return true }
      return isCut && (1...part).contains { level.suffix($0).elementsEqual(needle.prefix($0)) }
    }
  }

  private static func contains(_ text: [UInt8], _ part: ArraySlice<UInt8>) -> Bool {
    guard let first = part.first, text.count >= part.count else { return false }
    return (0...(text.count - part.count)).contains { start in
      text[start] == first && text[start..<start + part.count].elementsEqual(part)
    }
  }

  /// Without what quoting adds, and in one case.
  private static func level(_ text: String) -> [UInt8] {
    text.utf8.filter { $0 != UInt8(ascii: "\\") }.map { byte in
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
  }
}
