import Clients
import Mail
import Platform
import Protocols
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Into which mailbox of the target each mailbox of the archive goes, and with which flags.
@Suite struct PushMapTests {
  /// Makes an archive with these mailboxes and maps them; `Name=\Use` has a use, `~Name` is not
  /// subscribed, `Name*` has no record, as if made by hand.
  private func map(_ archive: [String], onto target: [String], separator: Character? = "/") throws
    -> [String]
  {
    let directory = try TemporaryDirectory()
    let made = try Archive.create(
      path: directory.file("archive"), account: "u@example.org", layout: .maildir)
    var records: [MailboxRecord] = []
    for text in archive {
      let isByHand = text.hasSuffix("*")
      let parts = text.filter { !"~*".contains($0) }.split(separator: "=")
      let name = try #require(MailboxName(parts[0].split(separator: "|").map { String($0) }))
      _ = try made.makeMailbox(name)
      guard !isByHand else { continue }
      records.append(
        MailboxRecord(
          name: name, archiveName: name,
          specialUses: Set(parts.dropFirst().compactMap { SpecialUse(attribute: String($0)) }),
          isSubscribed: !text.hasPrefix("~"), isSelectable: true))
    }
    let tree = ServerTree(
      mailboxes: try target.map { text in
        let parts = text.split(separator: "=")
        let name = try #require(MailboxName(parts[0].split(separator: "|").map { String($0) }))
        return ServerMailbox(
          name: name, raw: RawMailboxName(bytes: []),
          specialUses: parts.dropFirst().compactMap { SpecialUse(attribute: String($0)) },
          isSubscribed: false, isSelectable: !text.hasSuffix("#"), status: nil)
      }, prefix: RawMailboxName(bytes: []), separator: separator?.asciiValue)
    let result = MapMailboxes(
      mailboxes: try made.mailboxes().mailboxes, records: records, tree: tree
    ).run()
    return result.targets.map { target in
      let sources = target.sources.map { $0.name.components.joined(separator: "|") }
      return [
        target.existing == nil ? "new" : "", target.isSubscribed ? "" : "~",
        target.name.components.joined(separator: "|"), "<",
        sources.sorted().joined(separator: ","), target.specialUse.map { "=\($0.rawValue)" } ?? "",
      ].filter { !$0.isEmpty }.joined(separator: " ")
    }
  }

  @Test func `names stay, and what is missing is new`() throws {
    #expect(
      try map(["INBOX", "Work", "~Work|Deep", "Hand*"], onto: ["INBOX", "Work"]) == [
        "INBOX < INBOX", "new Hand < Hand", "Work < Work", "new ~ Work|Deep < Work|Deep",
      ])
  }

  @Test func `a use finds the target's own mailbox`() throws {
    #expect(
      try map(["Sent=\\Sent"], onto: ["INBOX", "Sent Items=\\Sent"])
        == ["Sent Items < Sent =\\Sent"])
    // The one of the same name comes first.
    #expect(
      try map(["Sent=\\Sent"], onto: ["A=\\Sent", "Sent=\\Sent"]) == ["Sent < Sent =\\Sent"])
    #expect(try map(["Sent=\\Sent"], onto: ["INBOX"]) == ["new Sent < Sent =\\Sent"])
    // One that holds no messages can't take any.
    #expect(
      try map(["Sent=\\Sent"], onto: ["Other=\\Sent#"]).first == "new Sent < Sent =\\Sent")
    // INBOX is INBOX, whatever use somebody gave it.
    #expect(
      try map(["INBOX=\\Archive"], onto: ["INBOX", "Archive=\\Archive"]).first
        == "INBOX < INBOX =\\Archive")
  }

  @Test func `two mailboxes may go into one`() throws {
    #expect(
      try map(["Sent=\\Sent", "~Sent Items"], onto: ["Sent Items=\\Sent"])
        == ["Sent Items < Sent,Sent Items =\\Sent"])
  }

  @Test func `the target's separator is replaced, and no two names become one`() throws {
    let names = ["a.b", "a_b", "x.y|z.w", "INBOX"]
    let expected = ["INBOX < INBOX", "a_b < a_b", "a_b_ < a.b", "x_y|z_w < x.y|z.w"]
    let first = try map(names, onto: ["INBOX"], separator: ".")
    #expect(first.map { $0.replacing("new ", with: "") } == expected)
    // What the first run made there is what the second run finds.
    let second = try map(names, onto: ["INBOX", "a_b", "a_b_", "x_y|z_w"], separator: ".")
    #expect(second == expected)
    #expect(try map(["a.b"], onto: [], separator: nil) == ["new a.b < a.b"])
  }

  // MARK: Flags

  private func selected(_ permanent: Flags?, takesNew: Bool) -> SelectedMailbox {
    var selected = SelectedMailbox()
    selected.permanentFlags = permanent
    selected.takesNewKeywords = takesNew
    return selected
  }

  @Test func `flags are what the target keeps`() {
    let all = Flags(
      [.seen, .flagged, .deleted], keywords: [Keyword("Work"), Keyword("$Forwarded")])
    func flags(_ permanent: Flags?, _ takesNew: Bool, deleted: Bool = false, readOnly: Bool = false)
      -> TargetFlags
    {
      TargetFlags(
        selected(permanent, takesNew: takesNew), isReadOnly: readOnly, withDeleted: deleted)
    }
    let keywords = all.keywords
    let silent = flags(nil, true)
    #expect(silent.kept(of: all) == Flags([.seen, .flagged], keywords: keywords))
    #expect(silent.lost(of: all).isEmpty)
    #expect(flags(nil, true, deleted: true).kept(of: all) == all)
    let few = flags(Flags([.seen, .deleted], keywords: [Keyword("work")]), false)
    #expect(few.kept(of: all) == Flags([.seen], keywords: [Keyword("Work")]))
    #expect(few.lost(of: all) == Flags([.flagged], keywords: [Keyword("$Forwarded")]))
    let open = flags(Flags([.seen]), true)
    #expect(open.kept(of: all) == Flags([.seen], keywords: keywords))
    #expect(open.lost(of: all) == Flags([.flagged]))
    // What EXAMINE says of permanent flags is that nothing can be changed just now.
    #expect(flags(Flags(), false, readOnly: true).lost(of: all).isEmpty)
  }
}
