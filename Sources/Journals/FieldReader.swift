import Mail

/// Takes the fields of a record one after the other; a missing or wrong one is nil.
struct FieldReader {
  private var rest: ArraySlice<String>

  init(_ record: JournalRecord) { rest = record.fields[...] }

  mutating func text() -> String? { rest.popFirst() }

  mutating func number<Value: FixedWidthInteger>() -> Value? { text().flatMap { Value($0) } }

  mutating func uid() -> UID? { number().flatMap { UID($0) } }

  mutating func validity() -> UIDValidity? { number().map { UIDValidity($0) } }

  mutating func mailbox() -> MailboxName? { text().flatMap { MailboxName(stateForm: $0) } }

  mutating func digest() -> ContentDigest? { text().flatMap { ContentDigest(hex: $0) } }

  mutating func headerKey() -> HeaderKey? { text().flatMap { HeaderKey($0) } }

  mutating func date() -> InternalDate? { number().map { InternalDate(epochSeconds: $0) } }

  /// The flags are always a record's last fields.
  mutating func flags() -> Flags {
    defer { rest = [] }
    return Flags(imap: rest.lazy.filter { !$0.isEmpty })
  }
}

extension Flags {
  /// The flags as the last fields of a record; one empty field where there are none.
  var journalFields: [String] { isEmpty ? [""] : imapNames }
}
