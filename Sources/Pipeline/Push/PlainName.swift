import Mail

/// The name that a mailbox gets on a server that refuses its own: with `_` for every character that some
/// server takes in no name.
enum PlainName {
  /// The name; nil where there is nothing to replace.
  static func of(_ name: MailboxName) -> MailboxName? {
    let components = name.components.map(plain)
    return components == name.components ? nil : MailboxName(components)
  }

  private static func plain(_ component: String) -> String {
    var scalars = String.UnicodeScalarView(component.unicodeScalars.map { isPlain($0) ? $0 : "_" })
    // Somebody's home.
    if scalars.first == "~" {
      scalars.replaceSubrange(scalars.startIndex...scalars.startIndex, with: ["_"])
    }
    return String(scalars)
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": true
    case " ", "_", ",", "+", "-", "(", ")", "@", "=", "'", "&", "~": true
    // Control characters, and what takes more than one unit of UTF-16.
    default: (0xA0...0xFFFD).contains(scalar.value) && !(0xE000...0xF8FF).contains(scalar.value)
    }
  }
}
