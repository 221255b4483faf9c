/// A private server of a test for IMAP and POP3, whatever program it is.
package protocol TestServer: AnyObject, Sendable {
  /// The port for IMAP in the clear and with STARTTLS, on 127.0.0.1.
  var imapPort: UInt16 { get }
  /// The port for POP3 in the clear and with STLS, on 127.0.0.1.
  var pop3Port: UInt16 { get }
  /// The PEM file of the authority that signed the server's certificate.
  var caFile: String { get }
  /// Adds a user with an empty account; names are letters and digits.
  func addUser(_ name: String, password: String) throws
  /// Stops the server and removes everything of it; a second call does nothing.
  func stop()
}

extension Dovecot: TestServer {}

/// The programs that tests run as servers.
package enum ServerKind: String, CaseIterable, Sendable {
  case dovecot = "Dovecot"
  case courier = "Courier"
  case cyrus = "Cyrus"
  case mailutils = "GNU mailutils"

  /// Starts one and returns when it greets.
  package func start() throws -> any TestServer {
    switch self {
    case .dovecot: try Dovecot.start(.usual)
    case .courier: try Courier()
    case .cyrus: try Cyrus()
    case .mailutils: try Mailutils()
    }
  }

  /// Starts a Cyrus with the prefix `INBOX.` and the separator `.`.
  package static func startDottedCyrus() throws -> any TestServer { try Cyrus(isDotted: true) }

  /// Whether it can be run here.
  package var isUsable: Bool { unpacked.map(\.isUsable) ?? Dovecot.isInstalled }

  /// The prefix of the personal namespace.
  package var prefix: String { self == .courier ? "INBOX." : "" }

  /// The hierarchy separator.
  package var separator: String { self == .courier ? "." : "/" }

  /// What is unpacked by `tools/test` and not installed, because its package conflicts with others.
  var unpacked: UnpackedServer? {
    switch self {
    case .dovecot: nil
    case .courier: Courier.unpacked
    case .cyrus: Cyrus.unpacked
    case .mailutils: Mailutils.unpacked
    }
  }
}
