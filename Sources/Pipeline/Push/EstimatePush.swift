import Journals
import Mail
import Stores

/// Foresees how much a push will send, from the names of the files alone, so that its progress has an
/// end to be measured against, and what the target has no room for is told beforehand.
struct EstimatePush {
  let context: PushContext
  /// The most octets of a message that the target takes; nil where it names no limit.
  let largest: UInt64?

  struct Estimate {
    /// How many messages.
    var messages = 0
    /// How many octets, where all of them are to be sent and the names tell their sizes.
    var bytes: Int64? = 0
    /// How many messages of the archive are larger than the target takes.
    var tooLarge = 0
  }

  /// Looks at the names of all files.
  ///
  /// - Parameter targets: the mailboxes that are looked at.
  /// - Returns: what there is less what the target is known to hold; a mailbox that can't be read counts
  ///   for nothing, and is reported when its turn comes.
  func run(_ targets: [PushTarget]) -> Estimate {
    var estimate = Estimate()
    for target in targets {
      var count = 0
      let side = try? ArchiveSide(target.sources, in: context.source.mail)
      for mailbox in side?.mailboxes ?? [] {
        for message in (try? mailbox.scan()) ?? [] {
          count += 1
          let size = message.namedWireSize
          estimate.bytes = estimate.bytes.flatMap { sum in size.map { sum + $0 } }
          if let size, let largest, UInt64(clamping: size) > largest { estimate.tooLarge += 1 }
        }
      }
      let known = context.states[context.key(of: target.name).hex]?.counts
      if known != nil { estimate.bytes = nil }
      estimate.messages += max(0, count - (known.map { $0.present + $0.gone } ?? 0))
    }
    return estimate
  }
}
