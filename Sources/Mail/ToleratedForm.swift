/// The form in which two messages are compared that may be one, altered by a server.
///
/// It levels exactly what servers are known to change (`formats/violations.md`): every CR is dropped;
/// NUL becomes 0x80, or ends the message; bytes above 0x7F in the header become `X`; header fields
/// are unfolded; an mbox's `From ` line in front and fields in which servers and programs keep their books
/// are passed over, and, where that is asked for, trace fields in front; newlines at the end are dropped. Equality in this form is a hint
/// that needs a unique counterpart, never an identity.
package struct ToleratedForm: Sendable {
  private enum Part { case header, body, cut }

  /// A header longer than this is compared as if it were body.
  private static let headerLimit = 1 << 20

  private let cutsAtNUL: Bool
  private let passesTrace: Bool
  private var part = Part.header
  private var header: [UInt8] = []
  private var newlines = 0
  /// Whether a NUL was seen, so that the form with `cutsAtNUL` differs.
  package private(set) var sawNUL = false

  /// - Parameters:
  ///   - cutsAtNUL: whether the message ends at its first NUL.
  ///   - passesTrace: whether trace fields in front don't count: two deliveries of one mail differ in
  ///     nothing else, and only for mailarc's own are they one message.
  package init(cutsAtNUL: Bool, passesTrace: Bool) {
    self.cutsAtNUL = cutsAtNUL
    self.passesTrace = passesTrace
  }

  /// Takes the next bytes, with line ends of either kind, and returns what the form gains by them.
  package mutating func convert(_ chunk: UnsafeRawBufferPointer) -> [UInt8] {
    var output: [UInt8] = []
    for byte in chunk where byte != .carriageReturn {
      if part == .cut { break }
      if byte == 0 {
        sawNUL = true
        if cutsAtNUL {
          output += finishHeader()
          part = .cut
          break
        }
      }
      let byte = byte == 0 ? 0x80 : byte
      if part == .body {
        append(byte, to: &output)
        continue
      }
      header.append(byte)
      let ended = byte == .lineFeed && (header.count == 1 || header[header.count - 2] == .lineFeed)
      if ended || header.count > Self.headerLimit { output += finishHeader() }
    }
    return output
  }

  /// Ends the message; returns what is left of the form.
  package mutating func finish() -> [UInt8] { finishHeader() }

  private mutating func append(_ byte: UInt8, to output: inout [UInt8]) {
    if byte == .lineFeed {
      newlines += 1
      return
    }
    output.append(contentsOf: repeatElement(.lineFeed, count: newlines))
    newlines = 0
    output.append(byte)
  }

  private mutating func finishHeader() -> [UInt8] {
    guard part == .header else { return [] }
    part = .body
    let fields = HeaderFields(header).fields
    header = []
    var output: [UInt8] = []
    // An mbox's line is no field, though there are colons in its time.
    let isMboxLine = fields.first?.name.hasPrefix("from ") == true
    let rest = fields.dropFirst(isMboxLine ? 1 : 0)
      .drop(while: { passesTrace && Self.traceNames.contains($0.name) })
    for field in rest where !Self.bookNames.contains(field.name) {
      let line = Array(field.name.utf8) + [UInt8(ascii: ":")] + field.body
      for byte in line { output.append(byte >= 0x80 ? UInt8(ascii: "X") : byte) }
      output.append(.lineFeed)
    }
    return output
  }

  private static let traceNames: Set<String> = [
    "received", "return-path", "delivered-to", "x-original-to", "envelope-to",
  ]

  /// What GNU mailutils writes into the header of a message that it stores, in place of the message's
  /// own fields of these names, what mbsync adds to each message that it copies, and what in a mended
  /// copy holds lines that are no fields.
  private static let bookNames: Set<String> = [
    "status", "x-imapbase", "x-mailarc-mended", "x-tuid", "x-uid",
  ]
}
