import Mail
import Platform

extension MaildirMailbox {
  static let settlingNanoseconds: Int64 = 2_000_000_000

  /// The stamp as it is now, to compare with one that `stamp()` gave.
  func currentStamp() throws(StoreError) -> MailboxStamp {
    MailboxStamp(try stampParts())
  }

  /// The stamp to record with what was read before; nil if anything changed in the last two seconds.
  ///
  /// Times of files have steps, so what changed a moment ago may change again under the same time.
  /// The age is taken on the file system's own clock; an archive opened for reading can't ask it and
  /// has no stamps to record.
  func stamp() throws(StoreError) -> MailboxStamp? {
    guard context.access == .writing else { return nil }
    return try stamp(at: try fileSystemTime())
  }

  /// The stamp as of a time of the file system's clock, in nanoseconds since 1970.
  func stamp(at time: Int64) throws(StoreError) -> MailboxStamp? {
    let parts = try stampParts()
    let newest = parts.compactMap { $0?.changedNanoseconds }.max() ?? .max
    let newestContent = parts.compactMap { $0?.modifiedNanoseconds }.max() ?? .max
    let limit = time.subtractingReportingOverflow(Self.settlingNanoseconds)
    guard !limit.overflow, max(newest, newestContent) <= limit.partialValue else { return nil }
    return MailboxStamp(parts)
  }

  private func stampParts() throws(StoreError) -> [FileStatus?] {
    [
      try stored(try cur.status()),
      try newDirectory().map { new throws(StoreError) in
        try stored(try new.status())
      },
      try storedIfPresent(try directory.status(of: MailboxKeywords.lettersFile)),
      try storedIfPresent(try directory.status(of: MailboxKeywords.extrasFile)),
    ]
  }

  func fileSystemTime() throws(StoreError) -> Int64 { try context.fileSystemTime() }
}
