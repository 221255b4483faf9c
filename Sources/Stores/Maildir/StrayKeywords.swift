package import Mail
import Platform

/// The keywords without letters that stayed behind when files were moved by hand: they are kept by base
/// name in the mailbox that the file was in.
package struct StrayKeywords: Sendable {
  private var holders: [(name: MailboxName, keywords: MailboxKeywords)] = []

  /// Reads them from those mailboxes that have any; one that can't be read has none.
  package init(of archive: Archive?, in mailboxes: [MailboxPlace]) {
    guard let archive else { return }
    for mailbox in mailboxes {
      guard let directory = try? archive.root.openPath(mailbox.path),
        (try? directory.contains(MailboxKeywords.extrasFile)) == true,
        let keywords = try? MailboxKeywords(of: directory, archive: archive.context.keywords)
      else { continue }
      holders.append((mailbox.name, keywords))
    }
  }

  /// What another mailbox than its own says of a message; nothing if its own mailbox says something.
  package mutating func keywords(
    of message: StoredMessage, in mailbox: MailboxName
  ) -> Set<Keyword> {
    var found: Set<Keyword> = []
    let name = MaildirName(Array(message.baseName))
    for place in holders.indices {
      let keywords = holders[place].keywords.flags(of: name).keywords
      if holders[place].name == mailbox {
        if !keywords.isEmpty { return [] }
      } else {
        found.formUnion(keywords)
      }
    }
    return found
  }
}
