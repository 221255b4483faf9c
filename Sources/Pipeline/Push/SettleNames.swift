import Clients
import Mail
import Protocols

/// Finds out which names the target refuses, by making those mailboxes before anything is sent, and has
/// their mail go to plainer names.
///
/// Once mail went to such a name `MapMailboxes` knows it by the index that was begun for it.
struct SettleNames {
  let connection: IMAPConnection
  let tree: ServerTree

  /// Makes the mailboxes whose names may be refused.
  ///
  /// - Parameter mapping: gets the names that count.
  /// - Throws: `ClientError` where the connection is gone, or the server wants to be left alone.
  func run(_ mapping: inout MapMailboxes.Result) throws(ClientError) {
    for place in mapping.targets.indices where mapping.targets[place].existing == nil {
      let target = mapping.targets[place]
      guard let plain = mapping.plainNames[target.name],
        let raw = tree.raw(for: target.name, usesUTF8: connection.session.usesUTF8Names)
      else { continue }
      do throws(ClientError) {
        try PrepareMailbox(connection: connection, tree: tree, target: target, raw: raw).create()
      } catch {
        guard case .refused(_, _, let text) = error, text.code?.isTemporary != true else {
          throw error
        }
        mapping.rename(place, plain, tree)
      }
    }
  }
}
