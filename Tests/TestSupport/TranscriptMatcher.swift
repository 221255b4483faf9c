/// Compares what a client sends with a transcript, and fills tags into what the server sends.
package struct TranscriptMatcher {
  /// How the client's bytes compare with a step.
  package enum Outcome: Equatable {
    /// They fit; this many belong to the step.
    case matches(Int)

    /// They may fit once there are more.
    case incomplete

    /// They do not fit.
    case differs(expected: String, found: String)
  }

  private var tags: [String: String] = [:]

  package init() {}

  /// Compares the beginning of `bytes` with a step of the client.
  package mutating func match(_ step: Transcript.Step, _ bytes: ArraySlice<UInt8>) -> Outcome {
    switch step {
    case .server, .close: return .matches(0)
    case .clientSkips(let count): return bytes.count >= count ? .matches(count) : .incomplete
    case .clientBytes(let expected):
      guard bytes.count >= expected.count else { return .incomplete }
      guard bytes.starts(with: expected) else { return differs(expected, bytes) }
      return .matches(expected.count)
    case .clientLine(let expected), .clientLineBeginning(let expected):
      guard let lineFeed = bytes.firstIndex(of: 10) else { return .incomplete }
      let line = bytes[bytes.startIndex...lineFeed]
      guard line.dropLast().last == 13 else { return differs(expected, line) }
      var (wanted, found) = (expected[...], line.dropLast(2))
      captureTag(&wanted, &found)
      let isWhole = if case .clientLine = step { true } else { false }
      guard isWhole ? found.elementsEqual(wanted) : found.starts(with: wanted) else {
        return differs(expected, line)
      }
      return .matches(line.count)
    }
  }

  /// The bytes of a server's step, `$1` and the like replaced by the tags seen.
  package func fill(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      if byte == UInt8(ascii: "$"), let tag = tags[String(decoding: digits, as: UTF8.self)] {
        result += Array(tag.utf8)
        rest = rest.dropFirst(digits.count)
      } else {
        result.append(byte)
      }
    }
    return result
  }

  /// Takes `$name` and the tag that stands for it from the two fronts.
  private mutating func captureTag(
    _ wanted: inout ArraySlice<UInt8>, _ found: inout ArraySlice<UInt8>
  ) {
    guard wanted.first == UInt8(ascii: "$") else { return }
    let name = wanted.dropFirst().prefix { $0 != 0x20 }
    let tag = found.prefix { $0 != 0x20 }
    wanted = wanted.dropFirst(name.count + 1)
    found = found.dropFirst(tag.count)
    tags[String(decoding: name, as: UTF8.self)] = String(decoding: tag, as: UTF8.self)
  }

  private func differs(_ expected: [UInt8], _ found: ArraySlice<UInt8>) -> Outcome {
    .differs(
      expected: String(decoding: expected.prefix(500), as: UTF8.self),
      found: String(decoding: found.prefix(500), as: UTF8.self))
  }
}
