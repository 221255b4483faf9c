import Clients
import Platform

/// Finds out whether a host that is asked over POP3 speaks IMAP as well.
struct AskForIMAP {
  /// The POP3 account; its password is not sent.
  let account: ServerAccount
  let interruption: Interruption
  /// Where to ask.
  var ports = Ports()

  /// The ports of IMAP (RFC 8314, RFC 9051).
  struct Ports {
    var tls: UInt16 = 993
    var startTLS: UInt16 = 143
  }

  /// How many seconds to wait for each.
  private static let patience = 2.0

  /// The first port at which a server of IMAP greets; nothing is said to it.
  func run() -> UInt16? {
    let asked: [(UInt16, ConnectionSecurity)] = [(ports.tls, .tls), (ports.startTLS, .startTLS)]
    return asked.first { port, security in
      IMAPConnection.greets(
        account.asIMAP(port: port, security: security, timeout: Self.patience),
        interruption: interruption)
    }?.0
  }
}
