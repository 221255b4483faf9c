/// Names that nobody else makes up.
package enum RandomID {
  /// Random bytes from the system as lower-case hexadecimal, two digits a byte.
  package static func hex(bytes count: Int) -> String {
    var generator = SystemRandomNumberGenerator()
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * count)
    for _ in 0..<count {
      let byte: UInt8 = generator.next()
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
