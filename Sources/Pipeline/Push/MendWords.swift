import Mail

/// What was mended in a message, in words.
enum MendWords {
  /// All of it in one sentence.
  static func list(_ mends: [Mend: Int]) -> String {
    var words = Mend.allCases.compactMap { mend in
      mend.isNUL ? nil : mends[mend].map { Self.words(mend, $0) }
    }
    let octets = mends.reduce(0) { $0 + ($1.key.isNUL ? $1.value : 0) }
    if octets > 0 {
      words.append(octets == 1 ? "1 NUL became 0x80" : "\(octets) NULs became 0x80")
    }
    return words.joined(separator: ", ")
  }

  private static func words(_ mend: Mend, _ count: Int) -> String {
    switch mend {
    case .empty: "it was empty, and got a field \(MendedForm.fieldName)"
    case .noHeader: "an empty line was put before it, as it has no header"
    case .headerLine where count == 1:
      "1 line of the header that is no field became a field \(MendedForm.fieldName)"
    case .headerLine:
      "\(count) lines of the header that are no fields became fields \(MendedForm.fieldName)"
    case .nameBlank:
      "blanks before the colon of \(count) \(Counted.word(count, "field", "fields")) were left out"
    case .headerEnd: "the last line of the header was ended"
    case .bareCR: count == 1 ? "1 bare CR was left out" : "\(count) bare CRs were left out"
    case .headerNUL, .bodyNUL: ""
    }
  }
}

extension Mend {
  fileprivate var isNUL: Bool { self == .headerNUL || self == .bodyNUL }
}
