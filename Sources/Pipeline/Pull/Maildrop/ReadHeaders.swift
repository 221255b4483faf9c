import Clients
import Mail
import Protocols

/// Asks a maildrop for headers.
struct ReadHeaders {
  let connection: POP3Connection

  /// The header keys of messages; nil if the server does not give all of them, as then nobody knows what is
  /// the only one of its kind.
  func run(_ numbers: [UInt32]) throws -> [UInt32: HeaderKey]? {
    var keys: [UInt32: HeaderKey] = [:]
    var header = HeaderCollector()
    var isWhole = true
    try connection.top(numbers, window: .standard) { event in
      switch event {
      case .begins: header.reset()
      case .chunk(let bytes): header.take(bytes)
      case .ends(let number): keys[number] = HeaderKey(header)
      case .refused: isWhole = false
      }
    }
    return isWhole ? keys : nil
  }
}
