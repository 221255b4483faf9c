import Mail

/// A message of the archive, read as the octets of a mended copy that go over the wire.
///
/// Confined to one thread; the memory it takes does not depend on the message's size.
struct MendedMessage {
  private let wire: WireMessage
  private let mends: Set<Mend>
  private let lacksHeader: Bool
  /// What is mended, and how often.
  let mended: [Mend: Int]

  /// Reads the message to see what there is to be mended.
  init(_ wire: WireMessage, _ mends: Set<Mend>) throws {
    let first = try Self.pass(wire, MendedForm(mends, lacksHeader: false)) { _ in }
    lacksHeader = first.lacksHeader
    self.wire = wire
    self.mends = mends
    mended =
      lacksHeader
      ? try Self.pass(wire, MendedForm(mends, lacksHeader: true)) { _ in }.mended : first.mended
  }

  /// Hands out the copy in pieces that are valid during the call only.
  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    _ = try Self.pass(wire, MendedForm(mends, lacksHeader: lacksHeader), body)
  }

  private static func pass(
    _ wire: WireMessage, _ form: MendedForm, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> MendedForm {
    var form = form
    try wire.forEachChunk { try form.convert($0).withUnsafeBytes(body) }
    let rest = form.finish()
    if !rest.isEmpty { try rest.withUnsafeBytes(body) }
    return form
  }
}
