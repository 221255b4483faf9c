import Clients
import Mail
import Platform
import Protocols

/// Downloads messages of the selected mailbox for their digests, keeping nothing of them.
struct ReadContents {
  let connection: IMAPConnection
  /// Whether the tolerated form passes over trace fields.
  let passesTrace: Bool

  func run(_ uids: UIDSet) throws -> [UID: ContentDigests] {
    var found: [UID: ContentDigests] = [:]
    for chunk in uids.chunks(ofAtMost: 100, ranges: 100) {
      let tag = connection.send(
        .uidFetch(.set(chunk), [.uid, .body], changedSince: nil, vanished: false))
      var reader = DigestContent(passesTrace: passesTrace)
      try connection.finish(tag, "FETCH") { event in
        switch event {
        case .bodyBegins: reader = DigestContent(passesTrace: passesTrace)
        case .bodyChunk(let range): reader.take(connection.chunk(range))
        case .fetch(let response):
          guard let uid = response.uid, uids.contains(uid) else { return }
          switch response.body {
          case .none, .nilValue: return
          case .streamed: break
          case .inline(let bytes):
            reader = DigestContent(passesTrace: passesTrace)
            bytes.span.bytes.withUnsafeBytes { reader.take($0) }
          }
          found[uid] = reader.finish()
        default: break
        }
      }
    }
    return found
  }
}
