import Clients
import Journals
import Mail
import Stores

/// A message that is about to be appended.
struct OutgoingMessage {
  let place: Int
  let content: MessageContent
  var flags: Flags
  var internalDate: InternalDate?
  let source: String

  var intent: AppendIntent {
    AppendIntent(
      digest: content.digest, headerKey: content.headerKey, size: content.size, flags: flags,
      source: source)
  }
}

/// Reads messages for what is journalled before they are sent, and cuts them into batches.
///
/// Each is read once more here, so that what is recorded is what is sent, also if the file was edited
/// since it was looked at.
final class OutgoingBatches {
  private static let mostMessages = 200
  private static let mostBytes: Int64 = 16 << 20

  private var places: ArraySlice<Int>
  private let messages: [ArchiveMessage]
  private let mailboxes: [MaildirMailbox]
  private let digester: DigestMessages
  private let flags: TargetFlags
  private var next: OutgoingMessage?
  /// The most messages of one batch from now on.
  var limit = mostMessages
  /// Messages that could not be read, with the reason; those that are gone are left out in silence.
  private(set) var unreadable: [(place: Int, error: any Error)] = []

  init(
    _ places: [Int], messages: [ArchiveMessage], mailboxes: [MaildirMailbox],
    digester: DigestMessages, flags: TargetFlags
  ) {
    self.places = places[...]
    self.messages = messages
    self.mailboxes = mailboxes
    self.digester = digester
    self.flags = flags
  }

  /// The next batch; empty when all is sent.
  func take() -> [OutgoingMessage] {
    var batch: [OutgoingMessage] = []
    var bytes: Int64 = 0
    while batch.count < limit, let message = next ?? read() {
      if !batch.isEmpty, bytes + message.content.size > Self.mostBytes {
        next = message
        break
      }
      next = nil
      bytes += message.content.size
      batch.append(message)
    }
    return batch
  }

  private func read() -> OutgoingMessage? {
    while let place = places.popFirst() {
      let message = messages[place]
      let mailbox = mailboxes[message.mailbox]
      do {
        return OutgoingMessage(
          place: place, content: try digester.run(message.stored, in: mailbox),
          flags: flags.kept(of: message.stored.flags),
          internalDate: try mailbox.internalDate(of: message.stored), source: message.source)
      } catch {
        if case StoreError.notFound = error { continue }
        unreadable.append((place, error))
      }
    }
    return nil
  }
}
