@testable import Protocols

/// Talks to a session in strings.
struct SessionDriver {
  var session: IMAPSession

  /// A session that has got this greeting; none where it is empty.
  init(greeting: String, limits: IMAPLimits = .standard) {
    session = IMAPSession(limits: limits)
    if !greeting.isEmpty { _ = receive("* \(greeting)\r\n") }
  }

  /// All events of the text; a failure ends them.
  mutating func receive(_ text: String) -> [IMAPEvent] {
    (try? receive(bytes: Array(text.utf8)).get()) ?? []
  }

  /// All events of the bytes, or what they failed with.
  mutating func receive(bytes: [UInt8]) -> Result<[IMAPEvent], IMAPError> {
    bytes.withUnsafeBytes { input in
      var position = 0
      var events: [IMAPEvent] = []
      do throws(IMAPError) {
        while let event = try session.consume(input, from: &position) { events.append(event) }
        precondition(position == input.count, "nil came before the input was used up")
        return .success(events)
      } catch {
        return .failure(error)
      }
    }
  }

  /// What a command looks like on the wire, as far as it may go at once.
  mutating func send(_ command: IMAPCommand) -> String {
    _ = session.send(command)
    return output()
  }

  /// What may go now.
  mutating func output() -> String { String(decoding: session.takeOutput(), as: UTF8.self) }
}
