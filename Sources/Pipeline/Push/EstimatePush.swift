import Journals
import Mail
import Stores

/// Foresees how much a push will send, from the names of the files alone, so that its progress has an
/// end to be measured against.
struct EstimatePush {
  let context: PushContext

  /// How many messages, and how many octets where all of them are to be sent and the names tell their
  /// sizes.
  ///
  /// - Parameter targets: the mailboxes that are looked at.
  /// - Returns: what there is less what the target is known to hold; a mailbox that can't be read counts
  ///   for nothing, and is reported when its turn comes.
  func run(_ targets: [PushTarget]) -> (messages: Int, bytes: Int64?) {
    var messages = 0
    var bytes: Int64? = 0
    for target in targets {
      var count = 0
      let side = try? ArchiveSide(target.sources, in: context.source.mail)
      for mailbox in side?.mailboxes ?? [] {
        for message in (try? mailbox.scan()) ?? [] {
          count += 1
          bytes = bytes.flatMap { sum in message.namedWireSize.map { sum + $0 } }
        }
      }
      let known = context.states[context.key(of: target.name).hex]?.counts
      if known != nil { bytes = nil }
      messages += max(0, count - (known.map { $0.present + $0.gone } ?? 0))
    }
    return (messages, bytes)
  }
}
