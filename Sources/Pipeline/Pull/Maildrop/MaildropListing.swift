import Clients
import Journals
import Mail
import Protocols

/// The messages of a POP3 server's maildrop, as it lists them (RFC 1939).
struct MaildropListing {
  /// By number, from 1 on.
  let messages: [UInt32: MaildropMessage]
  /// Whether the server tells messages apart by name.
  let hasUIDLs: Bool

  var numbers: [UInt32] { messages.keys.sorted() }

  /// What is asked of the server, which changes nothing.
  ///
  /// - Throws: `ClientError`.
  static func read(_ connection: POP3Connection) throws(ClientError) -> MaildropListing {
    let count = try connection.status().count
    let sizes = count == 0 ? [:] : try connection.list()
    let uidls = count == 0 ? [] : try connection.uidls()
    return MaildropListing(count: count, sizes: sizes, uidls: uidls)
  }

  /// - Parameters:
  ///   - count: how many messages there are.
  ///   - sizes: what LIST says.
  ///   - uidls: what UIDL says; nil where the server has none.
  init(count: UInt32, sizes: [UInt32: UInt64], uidls: [(number: UInt32, uidl: UIDL)]?) {
    let uidls = (uidls ?? []).filter { (1...max(1, count)).contains($0.number) }
    var counts: [UIDL: Int] = [:]
    for (_, uidl) in uidls { counts[uidl, default: 0] += 1 }
    // One that is but the message's number means another message once an earlier one is deleted.
    let areNumbers = uidls.allSatisfy { $0.uidl.bytes == Array("\($0.number)".utf8) }
    var named: [UInt32: UIDL] = [:]
    if !areNumbers {
      for (number, uidl) in uidls where counts[uidl] == 1 { named[number] = uidl }
    }
    var messages: [UInt32: MaildropMessage] = [:]
    if count > 0 {
      for number in 1...count {
        messages[number] = MaildropMessage(uidl: named[number], octets: sizes[number] ?? 0)
      }
    }
    self.messages = messages
    hasUIDLs = !named.isEmpty
  }
}
