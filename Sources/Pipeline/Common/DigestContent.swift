import Mail
import Platform

/// Digests a message that streams by: its canonical wire form, and its tolerated form.
struct DigestContent {
  private let exact = SHA256()
  private let tolerated = SHA256()
  private var form: ToleratedForm
  private var lastWasCR = false

  /// Octets of the canonical wire form so far.
  private(set) var size: Int64 = 0

  init(passesTrace: Bool) {
    form = ToleratedForm(cutsAtNUL: false, passesTrace: passesTrace)
  }

  mutating func take(_ chunk: UnsafeRawBufferPointer) {
    size += Int64(chunk.count)
    var start = 0
    for (position, byte) in chunk.enumerated() where byte == .lineFeed {
      let followsCR = position == 0 ? lastWasCR : chunk[position - 1] == .carriageReturn
      guard !followsCR else { continue }
      exact.update(UnsafeRawBufferPointer(rebasing: chunk[start..<position]))
      exact.update([UInt8.carriageReturn].span)
      size += 1
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
