/// Builds a page for man(7).
struct Roff {
  private var lines: [String] = []

  /// The heading of the whole page.
  mutating func title(_ name: String, section: Int, source: String) {
    // No date: the same program always prints the same page.
    lines.append(".TH \(Self.quoted(name)) \(section) \"\" \(Self.quoted(source))")
    // Options and examples are copied from here: no typographic hyphens, no broken words.
    lines += [".nh", ".ad l"]
  }

  mutating func section(_ heading: String) {
    lines.append(".SH " + Self.quoted(heading))
  }

  mutating func subsection(_ heading: String) {
    lines.append(".SS " + Self.quoted(heading))
  }

  /// A paragraph; what stands between backticks is set bold.
  mutating func paragraph(_ text: String) {
    lines += [".PP", Self.inline(text)]
  }

  /// A paragraph that belongs to the item before it.
  mutating func itemParagraph(_ text: String) {
    lines += [".IP", Self.inline(text)]
  }

  /// The line from which `apropos` learns what the program does.
  mutating func name(_ program: String, _ purpose: String) {
    section("NAME")
    lines.append("\(program) \\- \(Self.escaped(purpose))")
  }

  /// A term with its explanation.
  ///
  /// The term's words in capitals are set as placeholders.
  mutating func item(_ term: String, _ text: String) {
    lines += [".TP", Self.term(term), Self.inline(text)]
  }

  /// A command line, or a few, as they are typed.
  mutating func example(_ commands: [String]) {
    lines += [".PP", ".in +4n", ".nf"] + commands.map(Self.escaped) + [".fi", ".in"]
  }

  /// A usage line.
  mutating func usage(_ text: String) {
    lines += [".PP", Self.term(text)]
  }

  /// The page as text.
  var text: String { lines.joined(separator: "\n") }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\"", with: "\"\"").replacing("-", with: "\\-") + "\""
  }

  /// Text in which nothing means anything to roff.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "~": result += "\\(ti"
      case "^": result += "\\(ha"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      default: result.append(character)
      }
    }
    return result.hasPrefix(".") ? "\\&" + result : result
  }

  private static func inline(_ text: String) -> String {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    return parts.enumerated().map { index, part in
      index % 2 == 1 ? "\\fB" + escaped(String(part)) + "\\fR" : escaped(String(part))
    }.joined()
  }

  private static func term(_ text: String) -> String {
    text.split(separator: " ").enumerated().map { index, word in
      let bare = word.trimmingPrefix("[").prefix { $0 != "]" && $0 != "." }
      let isPlaceholder = index > 0 && !bare.isEmpty && bare.allSatisfy { $0.isUppercase }
      return (isPlaceholder ? "\\fI" : "\\fB") + escaped(String(word)) + "\\fR"
    }.joined(separator: " ")
  }
}
