import Clients
import Journals
import Mail
import Platform
import Stores

/// Finds mailboxes of the target that mailarc pushed into and that the archive has no longer.
struct FindAbandoned {
  let context: PushContext
  let tree: ServerTree

  /// Goes by the indexes that are there.
  ///
  /// - Parameter targets: the mailboxes into which the archive's go.
  /// - Returns: others that mailarc pushed into, if the target still has them, in order.
  /// - Throws: `SystemError`, `JournalError`.
  func run(_ targets: [PushTarget]) throws -> [PushTarget] {
    let known = Set(targets.map { context.key(of: $0.name).hex })
    var found: [PushTarget] = []
    for entry in try context.directory.entries() {
      guard let name = entry.name, name.hasSuffix(Self.ending) else { continue }
      let key = String(name.dropLast(Self.ending.count))
      guard !known.contains(key) else { continue }
      let survey = try JournalSurvey(of: name, in: context.directory)
      // Whoever can't be told from the header is in nobody's way.
      guard survey.isOfKind(PushRecord.journalKind), let mailbox = survey.mailbox,
        context.key(of: mailbox).hex == key,
        let existing = tree.mailboxes.first(where: { $0.name == mailbox && $0.isSelectable })
      else { continue }
      found.append(
        PushTarget(
          name: mailbox, existing: existing, sources: [], specialUse: nil, isSubscribed: false))
    }
    return found.sorted { $0.name < $1.name }
  }

  private static let ending = ".journal"
}
