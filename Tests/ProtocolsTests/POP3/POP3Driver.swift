@testable import Protocols

/// Talks to a POP3 session in strings.
struct POP3Driver {
  /// An event, message octets joined so that cuts don't show.
  enum Recorded: Equatable, Sendable {
    case event(POP3Event)
    case message(String)
    case failed(POP3Error)
  }

  /// What happens, in order.
  enum Step: Sendable {
    case send(POP3Command)
    case server(String)
  }

  static let limits = POP3Limits(
    lineLength: 600, uidlLength: 512, listingLines: 100, listingOctets: 4000, capabilityLines: 20)

  var session = POP3Session(limits: limits)
  var events: [Recorded] = []
  var sent = ""

  /// A session that has got this greeting; none where it is empty.
  init(greeting: String = "+OK hi") {
    guard !greeting.isEmpty else { return }
    receive(greeting + "\r\n")
    events = []
  }

  /// Plays the steps, what the server sends cut at these ascending offsets.
  static func play(_ steps: [Step], cuts: (Int) -> [Int]) -> POP3Driver {
    var driver = POP3Driver(greeting: "")
    for step in steps {
      switch step {
      case .send(let command): driver.send(command)
      case .server(let text): driver.receive(text, cuts: cuts(text.utf8.count))
      }
    }
    return driver
  }

  mutating func send(_ command: POP3Command) {
    session.send(command)
    takeOutput()
  }

  mutating func takeOutput() { sent += String(decoding: session.takeOutput(), as: UTF8.self) }

  /// Takes octets given as a text whose scalars are the octets.
  mutating func receive(_ text: String, cuts: [Int] = []) {
    let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    var start = 0
    for end in cuts + [bytes.count] where end > start && end <= bytes.count {
      bytes[start..<end].withUnsafeBytes { consume(UnsafeRawBufferPointer(rebasing: $0[...])) }
      takeOutput()
      start = end
    }
  }

  private mutating func consume(_ input: UnsafeRawBufferPointer) {
    if case .failed = events.last { return }
    var position = 0
    do throws(POP3Error) {
      while let event = try session.consume(input, from: &position) {
        switch event {
        case .messageChunk(let range):
          precondition(!range.isEmpty)
          join(String(String.UnicodeScalarView(input[range].map { Unicode.Scalar($0) })))
        case .messageCarriageReturn: join("\r")
        default: events.append(.event(event))
        }
      }
      precondition(position == input.count, "nil came before the input was used up")
    } catch {
      events.append(.failed(error))
    }
  }

  private mutating func join(_ text: String) {
    if case .message(let before) = events.last {
      events[events.count - 1] = .message(before + text)
    } else {
      events.append(.message(text))
    }
  }

  /// The text of all messages, each closed by a bar.
  var messages: String {
    events.reduce(into: "") { text, event in
      switch event {
      case .message(let part): text += part
      case .event(.completed(let kind, _)) where kind.message != nil: text += "|"
      default: break
      }
    }
  }
}
