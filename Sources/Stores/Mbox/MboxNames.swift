import Mail

/// Gives the messages of an mbox their names: those of ours have one, others get one of their header, so
/// that it stays when messages before it come or go.
struct MboxNames {
  // By a hash: names are many, and all of them would be much to keep.
  private var seen: [UInt64: Int] = [:]

  /// The name of the next message in the file.
  ///
  /// Equal ones get a number, by their order in the file.
  mutating func name(of message: MboxMessage) -> MaildirName {
    let base = message.mark?.baseName ?? Self.hexadecimal(message.hash)
    let key = message.mark == nil ? message.hash : Self.hash(base)
    let count = seen[key, default: 0]
    seen[key] = count + 1
    guard count > 0 else { return MaildirName(base) }
    return message.mark == nil
      ? MaildirName(base + Array("N\(count)".utf8))
      : MaildirName(MaildirName(base).base(distinguishedBy: count))
  }

  private static func hexadecimal(_ value: UInt64) -> [UInt8] {
    (0..<16).map { Hexadecimal.lowerDigits[Int(value >> (60 - 4 * UInt64($0)) & 15)] }
  }

  // FNV-1a.
  private static func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
