import Clients
import Platform
import Transport

/// Finds out whether a host that is asked over POP3 speaks IMAP as well.
struct AskForIMAP {
  /// Its name or address.
  let host: String
  let interruption: Interruption
  /// Where to ask: IMAP over TLS, and IMAP.
  var ports: [UInt16] = [993, 143]
  /// How long to wait for each.
  private static let seconds = 2.0

  /// The first port at which somebody answers; nothing is said to it.
  func run() -> UInt16? {
    ports.first { port in
      guard
        let channel = try? TCPChannel.connect(
          host: host, port: port, until: .after(seconds: Self.seconds), interruption: interruption)
      else { return false }
      channel.close()
      return true
    }
  }
}
