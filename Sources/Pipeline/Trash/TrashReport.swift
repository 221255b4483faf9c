package import Mail

/// What became of messages in an archive's trash.
package struct TrashReport: Sendable, Equatable {
  /// Messages of one mailbox that one run had removed.
  package struct Part: Sendable, Equatable {
    /// When they were removed.
    package let removed: InternalDate
    /// The mailbox that they were in.
    package let mailbox: MailboxName
    /// How many they were.
    package let messages: Int
    /// The bytes of their content on disk.
    package let bytes: Int64
  }

  /// What was restored, or removed for good.
  package var parts: [Part] = []
  /// What could not be dealt with, and why.
  package var problems: [String] = []
  /// Whether there was nothing in the trash at all.
  package var wasEmpty = false

  /// How many messages all parts have.
  package var messages: Int { parts.reduce(0) { $0 + $1.messages } }

  /// The bytes of all parts.
  package var bytes: Int64 { parts.reduce(0) { $0 + $1.bytes } }

  /// The status with which the program ends after this.
  package var exitStatus: ExitStatus { problems.isEmpty ? .done : .findings }
}
