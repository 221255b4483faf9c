import Journals
package import Mail
import Platform
import Stores

/// What there is to know of a message by reading it.
package struct MessageContent: Sendable {
  /// Of the wire form.
  package let digest: ContentDigest
  /// Of the header.
  package let headerKey: HeaderKey
  /// Octets of the wire form.
  package let size: Int64
  /// Whether it needs a literal8 (RFC 3516).
  package let hasNUL: Bool
}

/// Reads messages of the archive for what identifies them.
///
/// One for a worker.
final class DigestMessages {
  let scratch = WireScratch()
  private let sha = SHA256()
  private var header = HeaderCollector()

  /// Reads one message.
  func run(_ message: StoredMessage, in mailbox: any ReadableMailbox) throws -> MessageContent {
    try content(WireMessage(message, in: mailbox, scratch: scratch).forEachChunk)
  }

  /// Reads a mended copy.
  func run(_ mended: MendedMessage) throws -> MessageContent {
    try content(mended.forEachChunk)
  }

  private typealias Chunks = ((UnsafeRawBufferPointer) throws -> Void) throws -> Void

  private func content(_ forEachChunk: Chunks) throws -> MessageContent {
    var size: Int64 = 0
    var hasNUL = false
    sha.reset()
    header.reset()
    try forEachChunk { chunk in
      sha.update(chunk)
      header.take(chunk)
      size += Int64(chunk.count)
      hasNUL = hasNUL || chunk.contains(0)
    }
    return MessageContent(
      digest: sha.finish(), headerKey: HeaderKey(header), size: size, hasNUL: hasNUL)
  }

  /// The digests of the forms in which a server may have altered the message, or one of the mended copies
  /// that were sent of it, most likely first.
  func tolerated(
    _ message: StoredMessage, in mailbox: any ReadableMailbox, copies: [MendedCopy] = [],
    passesTrace: Bool
  ) throws -> [ContentDigest] {
    let wire = try WireMessage(message, in: mailbox, scratch: scratch)
    return try copies.reduce(try tolerated(wire.forEachChunk, passesTrace)) { forms, copy in
      let mended = try MendedMessage(wire, Set(copy.mends.keys))
      return forms + (try tolerated(mended.forEachChunk, passesTrace))
    }
  }

  private func tolerated(
    _ forEachChunk: Chunks, _ passesTrace: Bool
  ) throws -> [ContentDigest] {
    var digests: [ContentDigest] = []
    for cutsAtNUL in [false, true] {
      var form = ToleratedForm(cutsAtNUL: cutsAtNUL, passesTrace: passesTrace)
      sha.reset()
      try forEachChunk { sha.update(form.convert($0).span) }
      sha.update(form.finish().span)
      digests.append(sha.finish())
      if !form.sawNUL { break }
    }
    return digests
  }
}
