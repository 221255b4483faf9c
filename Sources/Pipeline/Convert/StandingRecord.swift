import Journals
import Mail
import Stores

/// Finds out what of a mailbox's journal counts, and what became of the messages that are missing in the
/// archive.
struct StandingRecord {
  let options: ConvertOptions
  /// The mailbox's; what was deleted by hand, and what is back, is recorded in it.
  let journal: ConvertJournal
  /// The names that there are in the archive's mailbox.
  let present: BaseNames
  /// The names that there are in the whole archive.
  let names: ArchiveNames
  /// Where the archive's mailbox is kept; empty where there is none.
  let home: String

  struct Result {
    /// What counts as converted.
    var record: ConvertRecord
    /// The names of messages that were moved by hand to other mailboxes.
    var moved: Set<String> = []
    /// What has to be asked before anything is done.
    var question: String?
  }

  /// - Throws: `StoreError` where messages are missing, and a part of the archive can't be read.
  func run() throws(StoreError) -> Result {
    var result = Result(record: journal.record)
    var missing: [String] = []
    var held = 0
    for message in journal.record.messages.values {
      if present.contains(message.name) {
        held += 1
        // Somebody put it back.
        if message.isDeleted { journal.append(.converted(message)) }
      } else if options.refetchDeleted || !message.isDeleted {
        held += 1
        if try names.contains(message.name) {
          result.moved.insert(message.name)
        } else {
          missing.append(message.name)
        }
      }
    }
    if options.refetchDeleted {
      let lost = Set(missing)
      result.record = journal.record.keeping { !lost.contains($0.name) }
      return result
    }
    let disappearance = Disappearance(
      missing: missing.count, held: held,
      isSameDirectory: journal.record.home.map { $0 == home } ?? true)
    if !options.acceptDeletions, let question = disappearance.question {
      result.question = question
      return result
    }
    for name in missing { journal.append(.deleted(name: name)) }
    result.record = journal.record
    return result
  }
}
