import Clients
import Journals
import Mail
import Protocols

/// Recognises messages that the server calls otherwise than before, or not at all, by their headers and
/// announced sizes, without downloading them.
///
/// Only what is the only one of its kind on both sides; what is left to doubt is compared when it comes.
struct RecogniseMaildrop {
  let connection: POP3Connection
  let record: PullRecord

  /// Asks for headers where something may be recognised by them.
  ///
  /// - Parameters:
  ///   - identity: what is known by name.
  ///   - listing: the maildrop.
  ///   - unbound: what was not found by name; what is recognised is taken out.
  /// - Returns: what was recognised, by number.
  /// - Throws: what the connection throws.
  func run(
    _ identity: IdentifyMaildrop.Identity, _ listing: MaildropListing, _ unbound: UnboundMessages
  ) throws -> [UInt32: UnboundMessages.Message] {
    guard !identity.open.isEmpty, !unbound.isEmpty,
      var headers = try ReadHeaders(connection: connection).run(identity.open)
    else { return [:] }
    var named: [UInt32: UnboundMessages.Message] = [:]
    for (number, uid) in identity.doubtful {
      guard let held = record.messages[uid], headers[number] == held.headerKey,
        let message = unbound.bind(uid)
      else { continue }
      named[number] = message
      headers[number] = nil
    }
    func octets(_ number: UInt32) -> Int64 {
      Int64(clamping: listing.messages[number]?.octets ?? 0)
    }
    let open = unbound.open
    var archive: [MatchMessages.KeyAndSize: Int] = [:]
    for (_, message) in open {
      archive[.init(message.held.headerKey, Int64(clamping: message.octets)), default: 0] += 1
    }
    var maildrop: [MatchMessages.KeyAndSize: Int] = [:]
    for (number, key) in headers { maildrop[.init(key, octets(number)), default: 0] += 1 }
    for (number, uid) in identity.known.merging(
      named.mapValues(\.held.uid), uniquingKeysWith: { $1 })
    {
      guard let held = record.messages[uid] else { continue }
      let key = MatchMessages.KeyAndSize(held.headerKey, octets(number))
      archive[key, default: 0] += 1
      maildrop[key, default: 0] += 1
    }
    let matches = try MatchMessages(
      archiveCounts: archive, targetCounts: maildrop, tolerance: .none
    ).run(
      wanted: open.map { _, message in
        WantedMessage(
          digest: message.held.digest, headerKey: message.held.headerKey,
          size: Int64(clamping: message.octets), isAsPulled: message.former?.isAsPulled ?? true)
      },
      candidates: headers.sorted { $0.key < $1.key }.compactMap { number, key in
        UID(number).map { CandidateMessage(uid: $0, headerKey: key, size: octets(number)) }
      },
      read: { _ in [:] }, tolerated: { _ in [] })
    let numbers = headers.keys.sorted()
    return matches.reduce(into: named) {
      $0[numbers[$1.candidate]] = unbound.bind(at: open[$1.wanted].index)
    }
  }
}
