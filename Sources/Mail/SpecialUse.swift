/// What a mailbox is for, by the attributes of RFC 6154 and RFC 8457.
package enum SpecialUse: String, Hashable, Sendable, CaseIterable {
  case all = "\\All"
  case archive = "\\Archive"
  case drafts = "\\Drafts"
  case flagged = "\\Flagged"
  case important = "\\Important"
  case junk = "\\Junk"
  case sent = "\\Sent"
  case trash = "\\Trash"

  /// Reads an attribute in any case; nil where it names no special use.
  package init?(attribute: String) {
    guard
      let use = Self.allCases.first(where: {
        $0.rawValue.lowercased().utf8.elementsEqual(attribute.lowercased().utf8)
      })
    else { return nil }
    self = use
  }
}
