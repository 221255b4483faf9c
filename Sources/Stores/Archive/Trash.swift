package import Mail
import Platform

/// What `pull --prune` took out of an archive: `.mailarc/trash` has a directory for each run that did so,
/// with the mailboxes below it as Maildirs, whatever the archive's layout.
package struct Trash {
  static let directoryName = "trash"
  private let archive: Archive

  /// The trash of an archive; it is made when something is put into it.
  package init(of archive: Archive) { self.archive = archive }

  /// The runs that left something in it, in the order of their times.
  ///
  /// What else lies there is not looked at.
  /// - Throws: `system`.
  package func runs() throws(StoreError) -> [TrashedRun] {
    guard let trash = try storedIfPresent(try archive.state.openSubdirectory(Self.directoryName))
    else { return [] }
    var runs: [TrashedRun] = []
    for entry in try stored(try trash.entries()) {
      guard let name = entry.name, let date = Self.date(ofDirectory: name),
        entry.kind == .directory
      else { continue }
      runs.append(
        TrashedRun(
          date: date, name: name, in: trash,
          root: try stored(try trash.openSubdirectory(name)), context: archive.context))
    }
    return runs.sorted { $0.date < $1.date }
  }

  /// Takes messages out of a mailbox of the archive into the trash, with names, flags and keywords; they
  /// are there for good before they leave the mailbox.
  ///
  /// - Parameters:
  ///   - messages: the messages, all of which mailarc named.
  ///   - mailbox: where they are.
  ///   - date: when the run began.
  /// - Throws: `system`, `damaged`, `notFound` if one is gone or changed since the scan. Then some may be
  ///   in the trash, or in both places.
  package func take(
    _ messages: [StoredMessage], from mailbox: any Mailbox, at date: InternalDate
  ) throws(StoreError) {
    guard !messages.isEmpty else { return }
    let earlier = mailbox is MaildirMailbox ? [] : try copies(of: messages, in: mailbox)
    let trash = try stored(try archive.state.ensureSubdirectory(Self.directoryName))
    let root = try stored(try trash.ensureSubdirectory(Self.directory(for: date)))
    let box = try MaildirLayout(root: root).makeMailbox(mailbox.name, archive.context)
    Checkpoint.pass("trash: before the first message is put there")
    if let maildir = mailbox as? MaildirMailbox {
      _ = try maildir.move(messages.map { MoveOrder($0, origin: nil) }, to: box)
      return
    }
    _ = try box.take(messages.filter { !earlier.contains($0) }, from: mailbox)
    Checkpoint.pass("trash: the messages are there as well")
    try mailbox.remove(messages)
    try mailbox.flush()
  }

  /// Where the messages in the trash came from, as far as it can be read.
  package func origins() -> Set<MessageOrigin> {
    var origins: Set<MessageOrigin> = []
    for run in (try? runs()) ?? [] {
      for place in (try? run.mailboxes().mailboxes) ?? [] {
        let names = try? run.root.openPath(place.path + ["cur"]).entries()
        for entry in names ?? [] {
          if let origin = MaildirName(entry.bytes).origin { origins.insert(origin) }
        }
      }
    }
    return origins
  }

  /// Those messages of which a run that was stopped put a copy there already.
  private func copies(
    of messages: [StoredMessage], in mailbox: any Mailbox
  ) throws(StoreError) -> Set<StoredMessage> {
    var found: Set<StoredMessage> = []
    for run in try runs() {
      guard let box = try MaildirLayout(root: run.root).mailbox(mailbox.name, archive.context)
      else { continue }
      var there: [ArraySlice<UInt8>: StoredMessage] = [:]
      for message in try box.scan() { there[message.baseName] = message }
      for message in messages {
        guard let copy = there[message.baseName], !found.contains(message),
          try mailbox.content(of: message) == box.content(of: copy)
        else { continue }
        found.insert(message)
      }
    }
    return found
  }

  /// `20231114T221320Z`.
  static func directory(for date: InternalDate) -> String {
    func padded(_ value: Int, _ width: Int = 2) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    let parts = date.calendar
    return padded(parts.year, 4) + padded(parts.month) + padded(parts.day) + "T"
      + padded(parts.hour) + padded(parts.minute) + padded(parts.second) + "Z"
  }

  /// The date that a directory's name says; nil for other names.
  static func date(ofDirectory name: String) -> InternalDate? {
    let bytes = Array(name.utf8)
    guard bytes.count == 16 else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      Int(String(decoding: bytes[range], as: UTF8.self))
    }
    guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8),
      let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15)
    else { return nil }
    let days = InternalDate.days(year: year, month: month, day: day)
    let date = InternalDate(
      epochSeconds: Int64(days * 86400 + hour * 3600 + minute * 60 + second))
    // Only what would be written so.
    return directory(for: date).utf8.elementsEqual(bytes) ? date : nil
  }
}
