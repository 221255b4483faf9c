package import Mail

/// A message that the target mailbox is known to hold, or to have held.
package struct IndexEntry: Equatable, Sendable {
  /// How it came to be known.
  package enum Origin: String, Sendable {
    /// mailarc appended it.
    case pushed
    /// It was there, and its content was compared.
    case found
    /// It was there, and was recognised by header key and size alone.
    case matched
    /// The server answered an APPEND with the UID of another entry: it keeps twins as one.
    case collapsed
    /// It is somebody's own mail: nothing in the archive equals it so far.
    case other
  }

  /// The entry's number in its journal, ascending from 1.
  package let number: Int
  /// Nil where the server did not say under which UID it keeps the message.
  package var uid: UID?
  /// Of the archive's message: of what was sent, unless that was a mended copy, or of what it was
  /// matched with; nil for `other`.
  package var digest: ContentDigest?
  /// Of the message as the target stores it; where it was pushed, as it was sent.
  package var headerKey: HeaderKey
  /// Octets: as the server tells them (RFC822.SIZE) where it was asked, else as they were sent.
  package var size: Int64
  /// How it came to be known, and so how far it can be relied on.
  package var origin: Origin
  /// The flags that the target took when they were last written.
  package var flags: Flags
  /// Whether it was found to be no longer on the target.
  package var isGone: Bool
  /// Names the archive's file, so that of twins each keeps its own flags; empty where unknown.
  package var source: String

  package init(
    number: Int, uid: UID?, digest: ContentDigest?, headerKey: HeaderKey, size: Int64,
    origin: Origin, flags: Flags, isGone: Bool, source: String
  ) {
    self.number = number
    self.uid = uid
    self.digest = digest
    self.headerKey = headerKey
    self.size = size
    self.origin = origin
    self.flags = flags
    self.isGone = isGone
    self.source = source
  }
}

/// A message that is about to be appended.
package struct AppendIntent: Equatable, Sendable {
  /// Of the wire form that is sent.
  package let digest: ContentDigest
  /// Of the header that is sent.
  package let headerKey: HeaderKey
  /// Octets of the wire form.
  package let size: Int64
  /// The flags that go with it.
  package let flags: Flags
  /// Names the archive's file, as an entry's `source` does.
  package let source: String
  /// Of the archive's message; another one than `digest` where a mended copy is sent.
  package var original: ContentDigest

  package init(
    digest: ContentDigest, headerKey: HeaderKey, size: Int64, flags: Flags, source: String
  ) {
    self.digest = digest
    original = digest
    self.headerKey = headerKey
    self.size = size
    self.flags = flags
    self.source = source
  }
}

/// A batch of messages that is about to be appended to a mailbox, or may have been.
package struct IntentBatch: Equatable, Sendable {
  /// The batch's number in its journal, ascending from 1.
  package let number: Int
  /// The mailbox's when the batch was begun: with another one all of it may be candidates.
  package let uidValidity: UIDValidity
  /// The mailbox's UIDNEXT before the first byte was sent: what the batch brought is not below it.
  package let uidNext: UInt32
  /// Seconds since the epoch.
  package let time: Int64
  /// The intents that are neither confirmed nor known to have failed, by their place in the batch.
  package var open: [Int: AppendIntent]
  /// What the messages are to take the place of, by their place in the batch; none for an ordinary batch.
  package let replaced: [Int: ReplacedCopy]

  package init(
    number: Int, uidValidity: UIDValidity, uidNext: UInt32, time: Int64,
    open: [Int: AppendIntent], replaced: [Int: ReplacedCopy] = [:]
  ) {
    self.number = number
    self.uidValidity = uidValidity
    self.uidNext = uidNext
    self.time = time
    self.open = open
    self.replaced = replaced
  }
}

/// A copy on the target of which another one with another internal date takes the place.
package struct ReplacedCopy: Equatable, Sendable {
  /// The entry that goes.
  package let entry: Int
  /// The internal date that the new copy is to have.
  package let date: InternalDate

  package init(entry: Int, date: InternalDate) {
    self.entry = entry
    self.date = date
  }
}

/// Messages that are about to be moved from one mailbox of the target to another, or may have been.
package struct IntendedMove: Equatable, Sendable {
  /// Seconds since the epoch.
  package let time: Int64
  /// How much is moved.
  package let octets: Int64
  /// The archive's name of the mailbox to which they go.
  package let destination: MailboxName

  package init(time: Int64, octets: Int64, destination: MailboxName) {
    self.time = time
    self.octets = octets
    self.destination = destination
  }
}
