/// A JSON value (RFC 8259) whose object members keep their order.
enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])

  /// The value as text on one line.
  ///
  /// Control, separator and format characters are written as escapes, so that a terminal on which
  /// the text ends up is safe.
  var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .string(let value): Self.quoted(value)
    case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.map { Self.quoted($0.name) + ":" + $0.value.text }.joined(separator: ",") + "}"
    }
  }

  /// An integer of any width that occurs here.
  static func integer(_ value: Int) -> JSONValue { .integer(Int64(value)) }

  /// An event as it is printed: an object whose first member is its type.
  static func event(_ type: String, _ members: [(String, JSONValue)]) -> JSONValue {
    .object(
      ([("type", .string(type))] + members).map { JSONMember(name: $0.0, value: $0.1) })
  }

  /// A string, or null.
  static func string(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if needsEscape(scalar) {
          for unit in String(scalar).utf16 {
            result += "\\u" + TerminalText.hex(UInt32(unit), digits: 4)
          }
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }

  private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return true
    default: return false
    }
  }
}

/// One member of a JSON object.
struct JSONMember: Sendable, Equatable {
  let name: String
  let value: JSONValue
}
