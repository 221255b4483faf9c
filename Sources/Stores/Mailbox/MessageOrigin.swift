package import Mail
import Platform

/// A short name for one mailbox of one account, as it stands in file names.
package struct MailboxKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The key as a number.
  package let value: UInt64

  /// The key of that number, as a file name has it.
  package init(value: UInt64) { self.value = value }

  /// The first eight bytes of the SHA-256 of the account, a NUL, and the mailbox's `stateForm`.
  ///
  /// - Parameters:
  ///   - account: user and domain, as in `ArchiveIdentity.account`.
  ///   - mailbox: the name at the source, which stays whatever the archive calls it later.
  package init(account: String, mailbox: MailboxName) {
    let input = Array(account.utf8) + [0] + Array(mailbox.stateForm.utf8)
    value = SHA256.digest(of: input.span).prefix
  }

  /// Sixteen lower-case hexadecimal digits.
  package var hex: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  /// The same as `hex`.
  package var description: String { hex }

  /// By number, which means nothing.
  package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// Where a message was fetched: it says so in its file name.
package struct MessageOrigin: Hashable, Comparable, Sendable {
  /// The UIDVALIDITY under which `uid` was seen.
  package let uidValidity: UIDValidity
  /// The UID at the source.
  package let uid: UID
  /// The mailbox of the source.
  package let mailboxKey: MailboxKey

  /// Makes an origin of its parts.
  package init(uidValidity: UIDValidity, uid: UID, mailboxKey: MailboxKey) {
    self.uidValidity = uidValidity
    self.uid = uid
    self.mailboxKey = mailboxKey
  }

  /// By UIDValidity, then mailbox, then UID: the order that the source had within a mailbox.
  package static func < (left: Self, right: Self) -> Bool {
    (left.uidValidity.value, left.mailboxKey, left.uid)
      < (right.uidValidity.value, right.mailboxKey, right.uid)
  }
}
