/// Something that makes servers refuse a message, and what a mended copy has in its place
/// (`formats/mend.md`).
///
/// The raw values stand in the dedupe index.
package enum Mend: String, CaseIterable, Sendable, Hashable {
  /// A message without a single octet, or with bare CRs alone that are left out: gets a field that
  /// says so.
  case empty
  /// A first paragraph of which no line is a field: gets an empty line before it, and is body.
  case noHeader = "no-header"
  /// A line of the header that is no field: becomes the body of a field.
  case headerLine = "header-line"
  /// Blanks between the name of a field and its colon: are left out.
  case nameBlank = "name-blank"
  /// A header that ends within a line: that line is ended.
  case headerEnd = "header-end"
  /// NUL in the header: becomes 0x80.
  case headerNUL = "header-nul"
  /// NUL behind the header: becomes 0x80.
  case bodyNUL = "body-nul"
  /// CR that no LF follows: is left out.
  case bareCR = "bare-cr"
}
