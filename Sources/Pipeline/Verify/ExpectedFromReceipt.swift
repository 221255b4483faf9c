import Clients
import Journals
import Mail
import Platform
import Stores

/// What a receipt says that an account has.
final class ExpectedFromReceipt: ExpectedMail {
  private let receipt: ReceiptReader
  var receiptMail: ReceiptHeader.Mail { receipt.header.mail }
  var withDeleted: Bool { receipt.header.withDeleted }

  /// Reads the receipt, all of it.
  ///
  /// - Throws: `ReceiptError`, `SystemError`; a failure where it is another account's.
  init(_ path: String, account: String) throws {
    let place = try FilePlace(existing: path)
    receipt = try ReceiptReader(in: place.directory, name: place.name)
    guard receipt.header.account.utf8.elementsEqual(account.utf8) else {
      throw Failure(
        scope: .run, cause: .input,
        summary: "the receipt is of \(receipt.header.account), not of \(account)",
        advice: "Give the account that it was written for.", retryable: false)
    }
  }

  func places(_ tree: ServerTree, _ server: AccountConnection?) -> [ExpectedPlace] {
    receipt.sections.enumerated().map { number, section in
      ExpectedPlace(
        name: section.mailbox.name, existing: tree.mailbox(section.mailbox.name), number: number)
    }.sorted { $0.name < $1.name }
  }

  func mailbox(_ place: ExpectedPlace) throws -> ExpectedMailbox {
    let section = receipt.sections[place.number]
    let messages = try receipt.messages(of: section)
    return ExpectedMailbox(
      messages: messages,
      known: ReceiptKnown(uidValidity: section.mailbox.uidValidity, before: messages),
      path: { messages[$0].file })
  }
}

/// The directory that a file is in, and its name there.
struct FilePlace {
  let directory: Directory
  let name: String

  /// The place of a file that is there, links followed.
  ///
  /// - Throws: `SystemError`.
  init(existing path: String) throws {
    try self.init(try CanonicalPath.of(path))
  }

  /// The place of a file that need not be there.
  ///
  /// - Throws: `SystemError` where there is no such directory; a usage failure where the path can't be a
  ///   file's.
  init(_ path: String) throws {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = parts.last, !["", ".", ".."].contains(last) else {
      throw Failure.usage("\"\(path)\" is no file's name")
    }
    name = String(last)
    let parent = parts.dropLast().joined(separator: "/")
    directory = try Directory.open(
      path: parts.count == 1 ? "." : parent.isEmpty ? "/" : parent)
  }
}
