import Mail
import Platform

/// What a tree takes an mbox file for.
enum MboxSeam {
  static func mailbox(
    _ name: MailboxName, in directory: Directory, file: String, dialect: MboxDialect?
  ) throws(StoreError) -> any ReadableMailbox {
    MboxMailbox(name: name, in: directory, Array(file.utf8), dialect: dialect)
  }
}
