import Mail
import Platform

/// Keeps a message's header while its bytes stream by, for the header key.
struct HeaderCollector {
  /// A header longer than this gives a key that decides nothing.
  private static let limit = 1 << 18

  private var bytes: [UInt8] = []
  private var isComplete = false

  mutating func take(_ chunk: UnsafeRawBufferPointer) {
    guard !isComplete else { return }
    // The empty line may straddle two chunks: look again from a little before the seam.
    let seam = max(0, bytes.count - 3)
    let room = Self.limit - bytes.count
    bytes.append(contentsOf: chunk.prefix(room))
    guard !Self.hasEmptyLine(bytes[seam...]), bytes.count < Self.limit else {
      isComplete = true
      return
    }
  }

  /// The key; begins anew.
  mutating func finish() -> HeaderKey {
    defer {
      bytes.removeAll(keepingCapacity: true)
      isComplete = false
    }
    return HeaderKey(header: bytes, isWhole: bytes.count < Self.limit)
  }

  private static func hasEmptyLine(_ bytes: ArraySlice<UInt8>) -> Bool {
    var afterNewline = bytes.startIndex == 0
    for byte in bytes {
      if byte == .lineFeed {
        if afterNewline { return true }
        afterNewline = true
      } else if byte != .carriageReturn {
        afterNewline = false
      }
    }
    return false
  }
}

extension HeaderKey {
  /// The key of a message with this header; one that is cut off decides nothing.
  init(header: some BidirectionalCollection<UInt8>, isWhole: Bool = true) {
    let fields = HeaderFields(header)
    self.init(
      digest: SHA256.digest(of: fields.keyInput.span),
      hasMessageID: isWhole && fields.hasMessageID)
  }
}
