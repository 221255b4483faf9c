/// Reads QUOTA and QUOTAROOT (RFC 9208, section 5; RFC 2087, section 5).
enum QuotaParser {
  /// `"root" (STORAGE 10 512 MESSAGE 2 100)`.
  static func quota(_ scanner: inout ResponseScanner) throws(ParseFailure) -> Quota {
    try scanner.expectSpaces()
    var quota = Quota(root: try scanner.atomOrString(), resources: [])
    try scanner.openList()
    while !scanner.closeList() {
      let name = scanner.bytes.uppercasedText(try scanner.atom())
      try scanner.expectSpaces()
      let usage = try scanner.number()
      try scanner.expectSpaces()
      quota.resources.append(
        Quota.Resource(name: name, usage: usage, limit: try scanner.number()))
    }
    return quota
  }

  /// `mailbox "root" "root"`.
  static func roots(_ scanner: inout ResponseScanner) throws(ParseFailure) -> IMAPEvent {
    try scanner.expectSpaces()
    let mailbox = RawMailboxName(bytes: try scanner.atomOrString())
    var roots: [[UInt8]] = []
    while true {
      scanner.skipSpaces()
      if scanner.isAtEnd { return .quotaRoots(mailbox, roots) }
      roots.append(try scanner.atomOrString())
    }
  }
}
