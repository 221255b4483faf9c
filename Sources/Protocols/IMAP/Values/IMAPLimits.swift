/// What a server may make the session hold in memory or wait for.
///
/// RFC 9051 names no limits; without them one hostile line could fill the memory.
package struct IMAPLimits: Sendable, Equatable {
  /// The most bytes of one response, its inline literals included, its streamed body not.
  package var lineLength: Int

  /// The most bytes of one literal that is kept in memory: header fields, mailbox names.
  package var inlineLiteralSize: Int

  /// How deep parentheses may be nested.
  package var nestingDepth: Int

  /// The most bytes a server may announce for a body that is streamed.
  package var streamedLiteralSize: UInt64

  /// Sets every limit; there are no defaults on purpose.
  package init(
    lineLength: Int, inlineLiteralSize: Int, nestingDepth: Int, streamedLiteralSize: UInt64
  ) {
    self.lineLength = lineLength
    self.inlineLiteralSize = inlineLiteralSize
    self.nestingDepth = nestingDepth
    self.streamedLiteralSize = streamedLiteralSize
  }

  /// Enough for every honest server: 8 MiB lines, 4 MiB inline literals, bodies up to 4 GiB.
  package static let standard = IMAPLimits(
    lineLength: 8 << 20, inlineLiteralSize: 4 << 20, nestingDepth: 32,
    streamedLiteralSize: UInt64(UInt32.max))
}
