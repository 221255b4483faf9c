import Glibc

/// A piece of an IMAP response.
package indirect enum PlainValue: Sendable, Equatable {
  /// An atom, with brackets and what is in them.
  case atom(String)
  /// A quoted string or a literal.
  case string([UInt8])
  /// A parenthesised list.
  case list([PlainValue])

  /// The value as text; of a list the text of its elements.
  package var text: String {
    switch self {
    case .atom(let text): text
    case .string(let bytes): String(decoding: bytes, as: UTF8.self)
    case .list(let values): "(" + values.map(\.text).joined(separator: " ") + ")"
    }
  }

  /// The elements of a list; of anything else, none.
  package var elements: [PlainValue] {
    if case .list(let values) = self { values } else { [] }
  }

  /// The octets of a string; of anything else, its text.
  package var bytes: [UInt8] {
    if case .string(let bytes) = self { bytes } else { Array(text.utf8) }
  }
}

/// Collects the pieces of one response, line by line and literal by literal.
struct PlainResponseParser {
  private var stack: [[PlainValue]] = [[]]

  /// What has been read.
  var values: [PlainValue] { stack.first ?? [] }

  mutating func addLiteral(_ bytes: [UInt8]) { add(.string(bytes)) }

  private mutating func add(_ value: PlainValue) { stack[stack.count - 1].append(value) }

  mutating func add(_ line: [UInt8]) {
    var position = 0
    while position < line.count {
      switch line[position] {
      case UInt8(ascii: " "): position += 1
      case UInt8(ascii: "("):
        stack.append([])
        position += 1
      case UInt8(ascii: ")") where stack.count > 1:
        let inner = stack.removeLast()
        add(.list(inner))
        position += 1
      case UInt8(ascii: "\""): addQuoted(line, &position)
      default: addAtom(line, &position)
      }
    }
  }

  private mutating func addQuoted(_ line: [UInt8], _ position: inout Int) {
    var bytes: [UInt8] = []
    position += 1
    while position < line.count, line[position] != UInt8(ascii: "\"") {
      if line[position] == UInt8(ascii: "\\") { position += 1 }
      if position < line.count { bytes.append(line[position]) }
      position += 1
    }
    position += 1
    add(.string(bytes))
  }

  private mutating func addAtom(_ line: [UInt8], _ position: inout Int) {
    let begin = position
    var depth = 0
    while position < line.count {
      let byte = line[position]
      if byte == UInt8(ascii: "[") { depth += 1 }
      if byte == UInt8(ascii: "]") { depth -= 1 }
      if depth <= 0, byte == UInt8(ascii: " ") || byte == UInt8(ascii: ")"), position > begin {
        break
      }
      position += 1
    }
    add(.atom(String(decoding: line[begin..<position], as: UTF8.self)))
  }
}

/// A message as a server shows it.
package struct PlainMessage: Sendable, Hashable {
  /// Its UID.
  package var uid: UInt32
  /// Its flags and keywords in lower case, without `\Recent`.
  package var flags: Set<String>
  /// Its internal date in seconds since 1970.
  package var date: Int
  /// Its octets on the wire.
  package var body: [UInt8]

  /// A message with these properties.
  package init(uid: UInt32, flags: Set<String>, date: Int, body: [UInt8]) {
    self.uid = uid
    self.flags = flags
    self.date = date
    self.body = body
  }

  /// Reads an untagged FETCH response with UID, FLAGS, INTERNALDATE and BODY[]; nil for others.
  init?(_ response: [PlainValue]) throws {
    guard response.count == 4, response[2].text == "FETCH" else { return nil }
    var items: [String: PlainValue] = [:]
    let list = response[3].elements
    for index in stride(from: 0, to: list.count - 1, by: 2) {
      items[list[index].text.uppercased()] = list[index + 1]
    }
    guard let uid = items["UID"].flatMap({ UInt32($0.text) }), let flags = items["FLAGS"],
      let date = items["INTERNALDATE"].flatMap({ epochSeconds($0.text) }),
      let body = items["BODY[]"]
    else { return nil }
    self.uid = uid
    self.flags = Set(flags.elements.map { $0.text.lowercased() }).subtracting(["\\recent"])
    self.date = date
    self.body = body.bytes
  }
}

private let months = [
  "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
]

/// The seconds since 1970 of an IMAP date-time such as ` 1-Feb-2003 04:05:06 +0900`.
func epochSeconds(_ text: String) -> Int? {
  let parts = text.split { " -:+".contains($0) }.map(String.init)
  guard parts.count == 7, let month = months.firstIndex(of: parts[1]) else { return nil }
  let numbers = parts.enumerated().map { $0.offset == 1 ? month : Int($0.element) ?? 0 }
  var time = tm()
  (time.tm_mday, time.tm_mon) = (Int32(numbers[0]), Int32(month))
  (time.tm_year, time.tm_hour) = (Int32(numbers[2] - 1900), Int32(numbers[3]))
  (time.tm_min, time.tm_sec) = (Int32(numbers[4]), Int32(numbers[5]))
  let zone = (numbers[6] / 100 * 60 + numbers[6] % 100) * 60
  return timegm(&time) - (text.dropLast(4).last == "-" ? -zone : zone)
}

/// An IMAP date-time in UTC.
func imapDate(_ epoch: Int) -> String {
  var seconds = time_t(epoch)
  var time = tm()
  gmtime_r(&seconds, &time)
  func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
  let day = "\(two(time.tm_mday))-\(months[Int(time.tm_mon)])-\(time.tm_year + 1900)"
  return day + " \(two(time.tm_hour)):\(two(time.tm_min)):\(two(time.tm_sec)) +0000"
}
