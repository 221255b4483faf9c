import Mail
import Testing

struct FlagsTests {
  @Test(
    arguments: [
      (["\\Seen", "\\SEEN", "\\recent"], "\\Seen"),
      (
        ["\\Answered", "\\Draft", "\\Flagged", "\\Deleted", "\\Seen"],
        "\\Draft \\Flagged \\Answered \\Seen \\Deleted"
      ),
      (["work", "Work", "$Forwarded"], "$Forwarded work"),
      (["\\Ext", "\\Seen"], "\\Seen \\Ext"),
      (["Seen"], "Seen"),
      ([], ""),
    ] as [([String], String)])
  func `flags are read by their names`(_ names: [String], _ shown: String) {
    let flags = Flags(imap: names)
    #expect(flags.description == shown)
    #expect(Flags(imap: flags.imapNames) == flags)
    #expect(flags.isEmpty == shown.isEmpty)
  }

  @Test func `letters are in the order of ASCII and every flag has one`() {
    let letters = SystemFlags.named.map(\.letter)
    #expect(letters == letters.sorted())
    #expect(SystemFlags(SystemFlags.named.map(\.flag)).rawValue == 31)
    #expect(letters == Array("DFRST".utf8))
  }

  @Test func `case does not tell keywords apart, other letters do`() {
    #expect(Keyword("NonJunk") == Keyword("nonjunk"))
    #expect(Set([Keyword("a"), Keyword("A")]).count == 1)
    #expect(Keyword("É") != Keyword("é"))
    #expect(Keyword("[") != Keyword("{"))
    #expect(Keyword("a") < Keyword("B"))
    #expect(Keyword("NonJunk").description == "NonJunk")
  }

  @Test func `sets of flags are added and taken away`() {
    let one = Flags([.seen, .draft], keywords: [Keyword("a"), Keyword("b")])
    let other = Flags([.seen, .flagged], keywords: [Keyword("B"), Keyword("c")])
    #expect(one.union(other).description == "\\Draft \\Flagged \\Seen a b c")
    #expect(one.subtracting(other).description == "\\Draft a")
    #expect(one.intersection(other).description == "\\Seen b")
    #expect(one.union(Flags()) == one)
  }

  /// Whether the base, one side and the other have a flag, and whether the result has it.
  static let truth: [(base: Bool, one: Bool, other: Bool, merged: Bool)] = [
    (false, false, false, false), (false, false, true, true), (false, true, false, true),
    (false, true, true, true), (true, false, false, false), (true, false, true, false),
    (true, true, false, false), (true, true, true, true),
  ]

  @Test(arguments: truth)
  func `a merge keeps what either side did`(
    _ base: Bool, _ one: Bool, _ other: Bool, _ merged: Bool
  ) {
    func flags(_ isSet: Bool) -> Flags {
      isSet ? Flags([.seen], keywords: [Keyword("work")]) : Flags()
    }
    #expect(Flags.merge(flags(one), flags(other), base: flags(base)) == flags(merged))
    #expect(Flags.merge(flags(one), flags(other), base: nil) == flags(one || other))
    // Each flag for itself: another one that nobody touches makes no difference.
    let constant = Flags([.flagged], keywords: [Keyword("x")])
    let mixed = Flags.merge(
      flags(one).union(constant), flags(other).union(constant), base: flags(base).union(constant))
    #expect(mixed == flags(merged).union(constant))
  }
}
