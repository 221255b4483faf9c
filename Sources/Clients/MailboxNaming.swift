import Mail
import Protocols

/// Gives each of a server's mailboxes a name of its own, whatever the order in which it lists them.
///
/// Two names that differ on the wire can decode to one: modified UTF-7 beside bytes that are none, or
/// a name below the namespace's prefix beside the same without it. The mailbox that would be created
/// under the name gets it, else the first one by its bytes; each other's last component gets its bytes
/// on the wire added, `Café [Caf%E9]`, so that no mailbox is taken for another one.
struct MailboxNaming {
  /// The prefix of the user's own mailboxes, which their names leave out.
  let prefix: RawMailboxName
  let separator: UInt8?
  let usesUTF8: Bool

  /// The names, by what is sent to the server; no two are equal.
  func run(_ entries: [ListEntry]) -> [RawMailboxName: MailboxName] {
    let wanted = entries.compactMap { entry in
      plainName(of: entry).map { name in
        (raw: entry.rawName, name: name, isOwner: raw(for: name) == entry.rawName.canonical)
      }
    }.sorted { one, other in
      guard one.isOwner == other.isOwner else { return one.isOwner }
      return one.raw.bytes.lexicographicallyPrecedes(other.raw.bytes)
    }
    var names: [RawMailboxName: MailboxName] = [:]
    var taken: Set<MailboxName> = []
    var late: [(raw: RawMailboxName, name: MailboxName)] = []
    for (raw, name, _) in wanted {
      if taken.insert(name).inserted { names[raw] = name } else { late.append((raw, name)) }
    }
    for (raw, name) in late {
      var name = name
      repeat { name = escaped(name, raw) } while !taken.insert(name).inserted
      names[raw] = name
    }
    return names
  }

  private func raw(for name: MailboxName) -> RawMailboxName? {
    RawMailboxName(name, prefix: prefix, separator: separator, usesUTF8: usesUTF8)
  }

  /// A mailbox's name without the prefix; with it where it would else be taken for INBOX.
  private func plainName(of entry: ListEntry) -> MailboxName? {
    let raw = entry.rawName
    let whole = MailboxName(entry.components) ?? MailboxName([raw.description])
    guard !prefix.bytes.isEmpty, raw.bytes.starts(with: prefix.bytes) else { return whole }
    let rest = RawMailboxName(bytes: Array(raw.bytes.dropFirst(prefix.bytes.count)))
    let components = rest.components(separator: entry.separator, usesUTF8: usesUTF8)
    guard let name = MailboxName(components), !name.isInbox else { return whole }
    return name
  }

  private func escaped(_ name: MailboxName, _ raw: RawMailboxName) -> MailboxName {
    let last = (name.components.last ?? "") + " [\(raw.escaped)]"
    return MailboxName(name.components.dropLast() + [last]) ?? name
  }
}

extension RawMailboxName {
  /// What all spellings of INBOX have in common; every other name is itself.
  var canonical: RawMailboxName { isInbox ? .inbox : self }

  /// Printable ASCII as it is, `%` and every other byte percent-escaped.
  fileprivate var escaped: String {
    var text: [UInt8] = []
    for byte in bytes {
      if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
        text.append(byte)
      } else {
        text.append(UInt8(ascii: "%"))
        text.append(Hexadecimal.upperDigits[Int(byte >> 4)])
        text.append(Hexadecimal.upperDigits[Int(byte & 15)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
