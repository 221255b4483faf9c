/// Lays cells out in columns: the first one flush left, all others flush right.
enum Columns {
  /// One line for each row; all rows have as many cells as the first one.
  static func lines(_ rows: [[String]]) -> [String] {
    guard let first = rows.first else { return [] }
    let widths = first.indices.map { index in
      rows.map { TerminalText.width($0[index]) }.max() ?? 0
    }
    return rows.map { row in
      let name = TerminalText.pad(row[0], to: widths[0])
      let numbers = zip(row, widths).dropFirst().map { cell, width in
        String(repeating: " ", count: width - TerminalText.width(cell)) + cell
      }
      return ([name] + numbers).joined(separator: "  ")
    }
  }
}
