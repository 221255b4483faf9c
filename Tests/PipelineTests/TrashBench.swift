import Mail
import Platform
import Stores
import TestSupport

@testable import Pipeline

/// What lies in the trash of an archive, read without the code that put it there.
struct TrashView {
  /// By run: what is below its directory.
  private(set) var runs: [(name: String, messages: [ArchiveView.Message])] = []

  init(_ archive: String) throws {
    let trash = archive + "/.mailarc/trash"
    guard let names = try? listDirectory(trash) else { return }
    for name in names.sorted() where name.hasSuffix("Z") {
      runs.append((name, try ArchiveView(trash + "/" + name).messages))
    }
  }

  var messages: [ArchiveView.Message] { runs.flatMap(\.messages) }

  /// `Mailbox: subject` of each message, sorted.
  var subjects: [String] { messages.map { "\($0.mailbox): \($0.subject)" }.sorted() }
}

extension SourceBench {
  /// An archive of a mailbox Work with messages `m1`, `m2` and so on, and of INBOX with none.
  static func filled(
    _ count: UInt32, _ layout: ArchiveIdentity.Layout = .maildir
  ) async throws -> (SourceBench, ArchiveHand) {
    let bench = try SourceBench {
      var work = SourceServer.Mailbox()
      work.uidValidity = 3
      work.messages = messages(count)
      $0.mailboxes = ["INBOX": .init(), "Work": work]
    }
    try await bench.pull(layout: layout)
    return (bench, ArchiveHand(archive: bench.archive, layout: layout))
  }

  func expunge(_ subjects: String..., from mailbox: String = "Work") {
    server.change {
      $0.mailboxes[mailbox]?.messages.removeAll { message in
        subjects.contains { message.body == PullBench.message($0) }
      }
    }
  }

  func trash() throws -> TrashView { try TrashView(archive) }

  func restore(_ mailbox: MailboxName? = nil) throws -> TrashReport {
    try RestoreTrash(path: archive, mailbox: mailbox, interruption: try Interruption()).run()
  }

  func changesByHand() throws -> [HandChange.Kind] {
    try StatusArchive(path: archive, full: false, interruption: try Interruption()).run()
      .changes.map(\.kind)
  }

  func verify() throws -> [VerifyFinding.Kind] {
    try VerifyArchive(
      path: archive, observer: NoVerifyObserver(), interruption: try Interruption()
    ).run().kinds
  }
}
