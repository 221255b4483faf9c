package import Mail

/// What a mailbox looked like on its server when it was last dealt with, before anything was done.
package struct MailboxState: Equatable, Sendable {
  /// UIDVALIDITY.
  package var uidValidity: UIDValidity
  /// UIDNEXT.
  package var uidNext: UInt32
  /// How many messages it held.
  package var messages: UInt32
  /// Zero where the server keeps no modification sequences.
  package var highestModSeq: ModificationSequence

  package init(
    uidValidity: UIDValidity, uidNext: UInt32, messages: UInt32,
    highestModSeq: ModificationSequence
  ) {
    self.uidValidity = uidValidity
    self.uidNext = uidNext
    self.messages = messages
    self.highestModSeq = highestModSeq
  }

  init?(_ reader: inout FieldReader) {
    guard let validity = reader.validity(), let next: UInt32 = reader.number(),
      let messages: UInt32 = reader.number(), let modSeq: UInt64 = reader.number()
    else { return nil }
    self.init(
      uidValidity: validity, uidNext: next, messages: messages,
      highestModSeq: ModificationSequence(modSeq))
  }

  var journalFields: [String] {
    ["\(uidValidity)", "\(uidNext)", "\(messages)", "\(highestModSeq)"]
  }

  /// The state of a mailbox that the server has no longer, all of whose messages are dealt with.
  package static func absent(_ uidValidity: UIDValidity) -> MailboxState {
    MailboxState(
      uidValidity: uidValidity, uidNext: 0, messages: 0,
      highestModSeq: ModificationSequence(0))
  }

  /// Whether this is the state of a mailbox that the server has no longer.
  package var isAbsent: Bool { uidNext == 0 }

  /// Whether nothing can have happened between this state and `other`: all four values are equal, and
  /// the server keeps modification sequences, so that a changed flag would show.
  package func provesUnchanged(since other: MailboxState) -> Bool {
    self == other && highestModSeq.value != 0
  }
}
