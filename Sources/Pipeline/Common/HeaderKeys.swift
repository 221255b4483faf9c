import Mail
import Platform

extension HeaderKey {
  /// The key of a message with this header.
  init(header: [UInt8]) { self.init(header: header, isWhole: true) }

  /// The key of the header that was collected; one that is cut off decides nothing.
  init(_ collector: HeaderCollector) {
    self.init(header: collector.bytes, isWhole: collector.isWhole)
  }

  private init(header: [UInt8], isWhole: Bool) {
    let fields = HeaderFields(keyOf: header)
    self.init(
      digest: SHA256.digest(of: fields.keyInput.span),
      hasMessageID: isWhole && fields.hasMessageID)
  }
}
