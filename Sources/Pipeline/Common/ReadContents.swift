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
      var reader = Reader(passesTrace: passesTrace)
      try connection.finish(tag, "FETCH") { event in
        switch event {
        case .bodyBegins: reader = Reader(passesTrace: passesTrace)
        case .bodyChunk(let range): reader.take(connection.chunk(range))
        case .fetch(let response):
          guard let uid = response.uid, uids.contains(uid) else { return }
          switch response.body {
          case .none, .nilValue: return
          case .streamed: break
          case .inline(let bytes):
            reader = Reader(passesTrace: passesTrace)
            bytes.span.bytes.withUnsafeBytes { reader.take($0) }
          }
          found[uid] = reader.finish()
        default: break
        }
      }
    }
    return found
  }

  /// Digests the canonical wire form, and the tolerated form.
  private struct Reader {
    private let exact = SHA256()
    private let tolerated = SHA256()
    private var form: ToleratedForm
    private var lastWasCR = false

    init(passesTrace: Bool) {
      form = ToleratedForm(cutsAtNUL: false, passesTrace: passesTrace)
    }

    mutating func take(_ chunk: UnsafeRawBufferPointer) {
      var start = 0
      for (position, byte) in chunk.enumerated() where byte == .lineFeed {
        let followsCR = position == 0 ? lastWasCR : chunk[position - 1] == .carriageReturn
        guard !followsCR else { continue }
        exact.update(UnsafeRawBufferPointer(rebasing: chunk[start..<position]))
        exact.update([UInt8.carriageReturn].span)
        start = position
      }
      exact.update(UnsafeRawBufferPointer(rebasing: chunk[start...]))
      lastWasCR = chunk.last == .carriageReturn
      tolerated.update(form.convert(chunk).span)
    }

    mutating func finish() -> ContentDigests {
      tolerated.update(form.finish().span)
      return ContentDigests(exact: exact.finish(), tolerated: tolerated.finish())
    }
  }
}
