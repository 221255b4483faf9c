import Clients
import Journals
import Mail
import Stores

/// Reads messages for what is journalled before they are sent, and cuts them into batches.
///
/// Each is read once more here, so that what is recorded is what is sent, also if the file was edited
/// since it was looked at.
final class OutgoingBatches {
  private static let mostBytes: Int64 = 16 << 20

  private var places: ArraySlice<Int>
  private let side: ArchiveSide
  private let flags: TargetFlags
  private let omissions: Omissions
  private let mender: MendRefused
  private let largest: UInt64?
  private var next: OutgoingMessage?
  /// Messages that could not be read, with the reason; those that are gone are left out in silence.
  private(set) var unreadable: [(place: Int, error: any Error)] = []

  /// - Parameters:
  ///   - places: of the messages to be sent, in order.
  ///   - side: where they are.
  ///   - flags: which flags the target keeps.
  ///   - omissions: what messages go without.
  ///   - mender: makes copies of those that an earlier run recorded as refused.
  ///   - largest: the most octets that the target takes in a message; nil where it does not say.
  init(
    _ places: [Int], side: ArchiveSide, flags: TargetFlags, omissions: Omissions,
    mender: MendRefused, largest: UInt64?
  ) {
    self.largest = largest
    self.places = places[...]
    self.side = side
    self.flags = flags
    self.omissions = omissions
    self.mender = mender
  }

  /// The next batch, of at most `limit` messages; empty when all is sent.
  func take(atMost limit: Int) -> [OutgoingMessage] {
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

  /// Places of the messages that were not taken yet.
  var remaining: [Int] { (next.map { [$0.place] } ?? []) + places }

  /// Messages that need not be sent after all.
  func leaveOut(_ found: Set<Int>) {
    if let place = next?.place, found.contains(place) { next = nil }
    places = places.filter { !found.contains($0) }[...]
  }

  private func read() -> OutgoingMessage? {
    while let place = places.popFirst() {
      let message = side.messages[place]
      let mailbox = side.mailboxes[message.mailbox]
      do {
        let content = try side.digester.run(message.stored, in: mailbox)
        if let largest, content.size > largest {
          throw TooLarge(size: content.size, largest: largest)
        }
        var outgoing = OutgoingMessage(
          place: place, content: content, flags: flags.kept(of: message.flags),
          internalDate: try mailbox.internalDate(of: message.stored), source: message.source)
        outgoing = try mender.instead(of: outgoing) ?? outgoing
        omissions.apply(to: &outgoing)
        return outgoing
      } catch {
        if case StoreError.notFound = error { continue }
        unreadable.append((place, error))
      }
    }
    return nil
  }
}
