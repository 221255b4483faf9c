import Clients
import Journals
import Mail
import Protocols

/// Looks whether the server still calls by a name what it called so before.
///
/// One that names messages by their places, or anew each time, gives a known name to another message, which
/// may even have the same size. Then each of its names is worth no more than a header.
struct CheckNames {
  /// How many are looked at of those with the announced size, and of the others.
  private static let sample = 4

  let connection: POP3Connection
  let record: PullRecord

  /// Asks for a few headers: of the first and the last known message, and of some between.
  ///
  /// - Parameter identity: gets nothing but doubtful names if one means another message. Where the server
  ///   gives no headers, names have to be believed.
  /// - Throws: what the connection throws.
  func run(_ identity: inout IdentifyMaildrop.Identity) throws {
    let named = identity.known.merging(identity.doubtful) { known, _ in known }
    let numbers = sample(of: identity.known) + sample(of: identity.doubtful)
    guard !numbers.isEmpty,
      let headers = try ReadHeaders(connection: connection).run(numbers.sorted()),
      headers.contains(where: { number, key in
        named[number].flatMap { record.messages[$0] }.map { $0.headerKey != key } ?? false
      })
    else { return }
    identity.open = (identity.open + identity.known.keys).sorted()
    identity.doubtful = named
    identity.known = [:]
  }

  private func sample(of messages: [UInt32: UID]) -> [UInt32] {
    let numbers = messages.keys.sorted()
    guard numbers.count > Self.sample else { return numbers }
    return (0..<Self.sample).map { numbers[$0 * (numbers.count - 1) / (Self.sample - 1)] }
  }
}
