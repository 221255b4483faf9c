/// IMAP's modified UTF-7 for mailbox names (RFC 3501, section 5.1.3).
package enum ModifiedUTF7 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,".utf8)

  /// The name as it goes over the wire: printable ASCII only.
  package static func encode(_ name: String) -> String {
    var output: [UInt8] = []
    var pending: [UInt16] = []
    for scalar in name.unicodeScalars {
      if (0x20...0x7E).contains(scalar.value) {
        flush(&pending, to: &output)
        output.append(UInt8(scalar.value))
        if scalar == "&" { output.append(UInt8(ascii: "-")) }
      } else {
        pending.append(contentsOf: Array(String(scalar).utf16))
      }
    }
    flush(&pending, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  private static func flush(_ units: inout [UInt16], to output: inout [UInt8]) {
    guard !units.isEmpty else { return }
    output.append(UInt8(ascii: "&"))
    var bits: UInt32 = 0
    var count = 0
    for unit in units {
      bits = bits << 16 | UInt32(unit)
      count += 16
      while count >= 6 {
        count -= 6
        output.append(alphabet[Int(bits >> UInt32(count) & 63)])
      }
      bits &= (1 << UInt32(count)) - 1
    }
    if count > 0 { output.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
    output.append(UInt8(ascii: "-"))
    units = []
  }

  /// The name that `wire` stands for.
  ///
  /// Nil where it is not the one well-formed encoding of a name: bytes outside printable ASCII, a
  /// broken shift, unpaired surrogates, or an encoding that `encode` would not give back.
  package static func decode(_ wire: some Collection<UInt8>) -> String? {
    var output = String.UnicodeScalarView()
    var rest = wire[...]
    while let byte = rest.popFirst() {
      guard (0x20...0x7E).contains(byte) else { return nil }
      guard byte == UInt8(ascii: "&") else {
        output.append(Unicode.Scalar(byte))
        continue
      }
      guard let end = rest.firstIndex(of: UInt8(ascii: "-")) else { return nil }
      let shifted = rest[..<end]
      rest = rest[rest.index(after: end)...]
      if shifted.isEmpty {
        output.append("&")
      } else {
        guard let units = decodeShifted(shifted),
          let text = String(validating: units, as: UTF16.self)
        else { return nil }
        output.append(contentsOf: text.unicodeScalars)
      }
    }
    let name = String(output)
    return encode(name).utf8.elementsEqual(wire) ? name : nil
  }

  private static func decodeShifted(_ digits: some Collection<UInt8>) -> [UInt16]? {
    var units: [UInt16] = []
    var bits: UInt32 = 0
    var count = 0
    for digit in digits {
      guard let value = alphabet.firstIndex(of: digit) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 16 {
        count -= 16
        units.append(UInt16(truncatingIfNeeded: bits >> UInt32(count)))
        bits &= (1 << UInt32(count)) - 1
      }
    }
    return units
  }
}
