import Mail
import Platform

/// What tells whether a mailbox changed since it was last read: number and times of `cur`, `new` and
/// the keyword files.
///
/// A file whose content was edited in place leaves no trace here.
package struct MailboxStamp: Hashable, Sendable, CustomStringConvertible {
  private let text: String

  /// Of a file the size counts too; directories of some file systems change theirs without reason.
  init(_ parts: [FileStatus?], withSize: Bool = false) {
    text = parts.map { status in
      guard let status else { return "-" }
      return [
        String(status.device, radix: 16), String(status.inode, radix: 16),
        withSize ? String(status.size, radix: 16) : nil,
        String(status.modifiedNanoseconds, radix: 16), String(status.changedNanoseconds, radix: 16),
      ].compactMap { $0 }.joined(separator: ".")
    }.joined(separator: ",")
  }

  /// Reads what `description` wrote; nil for what can't be a stamp.
  package init?(_ text: some StringProtocol) {
    let allowed = Array("0123456789abcdef.,-".utf8)
    guard (1...512).contains(text.utf8.count), text.utf8.allSatisfy({ allowed.contains($0) }) else {
      return nil
    }
    self.text = String(text)
  }

  /// One word without spaces.
  package var description: String { text }
}
