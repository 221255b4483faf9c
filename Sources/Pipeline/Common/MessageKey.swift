import Mail
import Stores

/// What a message of an archive is known by while it is moved, flagged and renamed with its mailbox.
enum MessageKey: Hashable {
  /// Where it was fetched, as its name says.
  case origin(MessageOrigin)
  /// The base name of its file.
  case name(String)
  /// Its content, of a message in an mbox that has no name.
  case content(ContentDigest)

  /// In one word, as `.mailarc/seen` has it.
  var text: String {
    switch self {
    case .origin(let origin):
      "o\(origin.uidValidity.value).\(origin.uid.value).\(origin.mailboxKey)"
    case .name(let name): "n" + name
    case .content(let digest): "c\(digest)"
    }
  }
}

extension MessageKey {
  /// The key of a message as it lies in its mailbox.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - digest: reads its content.
  /// - Throws: what `digest` throws.
  init(_ message: StoredMessage, digest: (StoredMessage) throws -> ContentDigest) rethrows {
    if let origin = message.origin {
      self = .origin(origin)
    } else if case .mbox = message.place, !message.isOurs {
      // What stands for a name there tells its place in the file, which changes.
      self = .content(try digest(message))
    } else {
      self = .name(message.source)
    }
  }
}
