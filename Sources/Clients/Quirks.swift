import Protocols

/// Something that single servers do otherwise than the standards say, or where these say nothing, and
/// that changes what mailarc does.
///
/// Almost all behaviour is detected, and then needs no row: what is tolerated of whom stands in
/// `formats/violations.md`. Here is what nothing but a name or words can tell.
struct Quirk {
  /// How it is recognised, and what follows.
  enum Rule {
    /// A login that was refused with these words, in lower case, may have had the right password: too many
    /// connections are open. Without one of RFC 5530's codes only words can tell. Each is too special to
    /// stand in a refusal of a password; even so it is believed only of one that was accepted before: see
    /// `KeptConnection`.
    case fullAtLogin(words: String)
    /// Behind these words, in lower case, stands how long the server wants to be left alone.
    case asksForPause(words: String)
    /// A server that gives this name, in lower case, in its ID (RFC 2971) keeps what is appended to the
    /// open mailbox, and is faster so. To all others nothing is appended that way.
    case keepsMailForOpenMailbox(name: String)
  }

  /// Whose it is.
  let servers: String
  /// Why the rule is needed.
  let reason: String
  let rule: Rule

  private init(_ servers: String, _ reason: String, _ rule: Rule) {
    self.servers = servers
    self.reason = reason
    self.rule = rule
  }
}

extension Quirk {
  /// All of them.
  static let table = [
    Quirk(
      "Cyrus", "maxlogins_per_user and maxlogins_per_host are told without a code",
      .fullAtLogin(words: "too many open connections")),
    Quirk(
      "Gmail", "beyond 15 connections there is only the code ALERT",
      .fullAtLogin(words: "too many simultaneous connections")),
    Quirk(
      "Dovecot before it had LIMIT, proxies", "the code is missing, or cut off on the way",
      .fullAtLogin(words: "maximum number of connections")),
    Quirk(
      "Courier and its kin", "where they say something at all before they close, it has no code",
      .fullAtLogin(words: "maximum connection limit")),
    Quirk(
      "Exchange", "the password was right, and the limit of sessions is reached",
      .fullAtLogin(words: "user is authenticated but not connected")),
    Quirk(
      "Exchange", "a throttled command gets NO, BAD or BYE, and the pause in words alone",
      .asksForPause(words: "suggested backoff time:")),
    Quirk(
      "Dovecot",
      "it reads its list of UIDs at each APPEND to a mailbox that is not open; mailutils, with 5 "
        + "times OK, kept 1 of 5 messages appended to the open one",
      .keepsMailForOpenMailbox(name: "dovecot")),
  ]
}

/// What the table says of a server's words and name.
enum Quirks {
  /// Whether a server that refused a login takes no further connection, by its words alone.
  static func meansFull(_ text: ResponseText) -> Bool {
    let said = text.text.lowercased()
    return Quirk.table.contains { quirk in
      if case .fullAtLogin(let words) = quirk.rule { said.contains(words) } else { false }
    }
  }

  /// How many seconds the server wants to be left alone, if its words say so.
  static func suggestedPause(_ text: ResponseText) -> Double? {
    let said = text.text.lowercased()
    for case .asksForPause(let words) in Quirk.table.lazy.map(\.rule) {
      guard let found = said.firstRange(of: words) else { continue }
      let rest = said[found.upperBound...].drop { $0 == " " }
      let digits = rest.prefix { ("0"..."9").contains($0) }
      guard let number = Double(digits), number.isFinite else { continue }
      let unit = rest[digits.endIndex...].drop { $0 == " " }
      return unit.hasPrefix("second") ? number : number / 1000
    }
    return nil
  }

  /// Whether mail may be appended to the mailbox that is open.
  static func keepsMailForOpenMailbox(_ serverID: [String: String]) -> Bool {
    guard let said = serverID["name"]?.lowercased() else { return false }
    return Quirk.table.contains { quirk in
      if case .keepsMailForOpenMailbox(let name) = quirk.rule { said == name } else { false }
    }
  }
}

extension IMAPConnection {
  /// Whether mail may be appended to the mailbox that is open; known once `listMailboxes` has run.
  package var keepsMailForOpenMailbox: Bool { Quirks.keepsMailForOpenMailbox(serverID) }
}
