/// A conversation between a client and a server, as data.
///
/// One step a line:
///
///     S: text        the server sends the text and CRLF
///     S> text        the server sends the text, no line end (as within a literal)
///     C: $1 NOOP     the client sends exactly this line; $1 stands for its tag from here on
///     C~ $2 ID       the client sends a line that begins so
///     C> text        the client sends exactly these bytes, no line end
///     C! 500         the client sends 500 bytes, whatever they are
///     S! close       the server closes the connection here
///     # text         a comment
///
/// `{{0d 0a}}` is bytes in hexadecimal, `{{61*5000}}` one byte many times. Blank lines are skipped.
package struct Transcript: Sendable {
  /// One step of one side.
  package enum Step: Sendable {
    case server([UInt8])
    case close
    case clientLine([UInt8])
    case clientLineBeginning([UInt8])
    case clientBytes([UInt8])
    case clientSkips(Int)
  }

  /// The steps in order.
  package let steps: [Step]

  /// Reads a transcript; a line that is none of the above is a mistake of the test's author.
  package init(_ text: String) {
    steps = text.split(separator: "\n").compactMap { Self.step($0) }
  }

  /// All that the server sends, in one piece, tags not filled in.
  package var serverBytes: [UInt8] {
    steps.flatMap { step in if case .server(let bytes) = step { bytes } else { [UInt8]() } }
  }

  private static func step(_ line: Substring) -> Step? {
    var line = line
    while line.first == " " { line.removeFirst() }
    guard !line.isEmpty, line.first != "#" else { return nil }
    let text = line.dropFirst(line.dropFirst(2).first == " " ? 3 : 2)
    switch line.prefix(2) {
    case "S:": return .server(bytes(text) + [13, 10])
    case "S>": return .server(bytes(text))
    case "C:": return .clientLine(bytes(text))
    case "C~": return .clientLineBeginning(bytes(text))
    case "C>": return .clientBytes(bytes(text))
    case "C!":
      if let count = Int(text) { return .clientSkips(count) }
    case "S!":
      if text == "close" { return .close }
    default: break
    }
    preconditionFailure("not a line of a transcript: \(line)")
  }

  /// The bytes of a line, `{{…}}` filled in.
  private static func bytes(_ text: Substring) -> [UInt8] {
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    let opening = Array("{{".utf8)
    let closing = Array("}}".utf8)
    while !rest.isEmpty {
      guard rest.starts(with: opening),
        let end = rest.indices.first(where: { rest[$0...].starts(with: closing) })
      else {
        result.append(rest.removeFirst())
        continue
      }
      for word in rest[(rest.startIndex + 2)..<end].split(separator: UInt8(ascii: " ")) {
        let parts = word.split(separator: UInt8(ascii: "*"))
        guard let first = parts.first,
          let byte = UInt8(String(decoding: first, as: UTF8.self), radix: 16),
          let count = parts.count == 1 ? 1 : Int(String(decoding: parts[1], as: UTF8.self))
        else { preconditionFailure("not hexadecimal in a transcript: \(text)") }
        result += [UInt8](repeating: byte, count: count)
      }
      rest = rest[(end + 2)...]
    }
    return result
  }
}
