import Mail
import Platform

/// Stand-in until mbox files are read.
enum MboxSeam {
  static func mailbox(
    _ name: MailboxName, in directory: Directory, file: String, dialect: MboxDialect?
  ) throws(StoreError) -> any ReadableMailbox {
    throw .unreadable(path: directory.path(of: file), reason: "mbox files are not read yet")
  }
}
