/// What an account holds, without what may differ between two servers: UIDs and separators.
package struct PlainAccount: Sendable, Equatable {
  /// One mailbox of the account.
  package struct Mailbox: Sendable, Equatable {
    /// Whether the user is subscribed to it.
    package var isSubscribed: Bool
    /// Its special uses, in lower case.
    package var specialUse: Set<String>
    /// Its messages in the order of their UIDs, with UID 0.
    package var messages: [PlainMessage]

    /// A mailbox with these properties.
    package init(isSubscribed: Bool, specialUse: Set<String>, messages: [PlainMessage]) {
      self.isSubscribed = isSubscribed
      self.specialUse = specialUse
      self.messages = messages
    }
  }

  /// The selectable mailboxes; components on the wire are joined by a line feed.
  package var mailboxes: [String: Mailbox]

  /// An account with these mailboxes.
  package init(mailboxes: [String: Mailbox]) { self.mailboxes = mailboxes }

  /// What the two accounts differ in, one line each; empty when they are equal.
  package func differences(from other: PlainAccount) -> [String] {
    let names = Set(mailboxes.keys).union(other.mailboxes.keys).sorted()
    return names.flatMap { name -> [String] in
      let label = name.replacing("\n", with: "|")
      guard let mine = mailboxes[name] else { return ["\(label): missing here"] }
      guard let theirs = other.mailboxes[name] else { return ["\(label): missing there"] }
      return mine.differences(from: theirs).map { "\(label): \($0)" }
    }
  }
}

extension PlainAccount.Mailbox {
  fileprivate func differences(from other: Self) -> [String] {
    var result: [String] = []
    if isSubscribed != other.isSubscribed { result.append("subscription") }
    if specialUse != other.specialUse {
      result.append("special use \(specialUse.sorted()) and \(other.specialUse.sorted())")
    }
    if messages.count != other.messages.count {
      result.append("\(messages.count) messages and \(other.messages.count)")
    }
    for (index, (mine, theirs)) in zip(messages, other.messages).enumerated() {
      if mine.body != theirs.body { result.append("message \(index + 1): content") }
      if mine.date != theirs.date {
        result.append("message \(index + 1): date \(mine.date) and \(theirs.date)")
      }
      if mine.flags != theirs.flags {
        result.append(
          "message \(index + 1): flags \(mine.flags.sorted()) and \(theirs.flags.sorted())")
      }
    }
    return result
  }
}

extension PlainIMAP {
  /// A mailbox in a LIST response.
  package struct Listed: Sendable, Equatable {
    /// The name on the wire.
    package let name: String
    /// The hierarchy separator, empty for NIL.
    package let separator: String
    /// The attributes in lower case.
    package let attributes: Set<String>
  }

  /// All mailboxes with attributes, `\subscribed` and, where the server knows them, the special uses
  /// among them.
  package func list() throws -> [Listed] {
    let offered = try command("CAPABILITY").flatMap { $0.map(\.text) }
    if offered.contains("LIST-EXTENDED") {
      return try listed(#"LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE)"#)
    }
    // GNU mailutils refuses LSUB before anything was subscribed.
    let subscribed = Set(((try? listed(#"LSUB "" "*""#)) ?? []).map(\.name))
    return try listed(#"LIST "" "*""#).map { one in
      let own: Set<String> = subscribed.contains(one.name) ? ["\\subscribed"] : []
      return Listed(
        name: one.name, separator: one.separator, attributes: one.attributes.union(own))
    }
  }

  private func listed(_ text: String) throws -> [Listed] {
    try command(text).compactMap { response in
      guard response.count >= 5, ["LIST", "LSUB"].contains(response[1].text) else { return nil }
      return Listed(
        name: response[4].text, separator: response[3] == .atom("NIL") ? "" : response[3].text,
        attributes: Set(response[2].elements.map { $0.text.lowercased() }))
    }
  }

  /// Reads the whole account; `prefix` is that of the personal namespace.
  package func account(prefix: String = "") throws -> PlainAccount {
    var mailboxes: [String: PlainAccount.Mailbox] = [:]
    for listed in try list()
    where listed.attributes.isDisjoint(with: ["\\noselect", "\\nonexistent"]) {
      let isInbox = listed.name.uppercased() == "INBOX"
      let name =
        isInbox || !listed.name.hasPrefix(prefix)
        ? listed.name : String(listed.name.dropFirst(prefix.count))
      let key = listed.separator.isEmpty ? name : name.replacing(listed.separator, with: "\n")
      mailboxes[key] = PlainAccount.Mailbox(
        isSubscribed: listed.attributes.contains("\\subscribed"),
        specialUse: listed.attributes.intersection([
          "\\all", "\\archive", "\\drafts", "\\flagged", "\\junk", "\\sent", "\\trash",
        ]),
        messages: try messages(in: listed.name).map {
          var message = $0
          message.uid = 0
          return message
        })
    }
    return PlainAccount(mailboxes: mailboxes)
  }
}
