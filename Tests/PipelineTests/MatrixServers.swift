import Platform
import TestSupport
import Testing

/// The servers that pull from and push to one another.
enum MatrixServer: String, CaseIterable, CustomTestStringConvertible, Sendable {
  case maildir = "Dovecot, Maildir"
  case mdbox = "Dovecot, mdbox"
  case dotted = "Dovecot, Maildir, INBOX."
  case courier = "Courier"
  case cyrus = "Cyrus"
  case dottedCyrus = "Cyrus, INBOX."
  case mailutils = "GNU mailutils"

  var testDescription: String { rawValue }

  /// The program.
  var kind: ServerKind {
    switch self {
    case .maildir, .mdbox, .dotted: .dovecot
    case .courier: .courier
    case .cyrus, .dottedCyrus: .cyrus
    case .mailutils: .mailutils
    }
  }

  /// Whether its names begin with `INBOX.` and their components are parted by dots.
  var isDotted: Bool { [.dotted, .courier, .dottedCyrus].contains(self) }

  /// The prefix of the personal namespace.
  var prefix: String { isDotted ? "INBOX." : "" }

  /// Whether it can be run here; the test of which it is the source is skipped by name where not.
  var isUsable: Bool { kind.isUsable }

  private static let mdboxServer = Result {
    var configuration = DovecotConfiguration.usual
    configuration.location = "mdbox:~/mdbox"
    return try Dovecot.start(configuration)
  }
  private static let dottedServer = Result { try Dovecot.start(.prefixed) }
  private static let dottedCyrusServer = Result { try ServerKind.startDottedCyrus() }

  /// The one that all tests share.
  private func shared() throws -> any TestServer {
    switch self {
    case .mdbox: try Self.mdboxServer.get()
    case .dotted: try Self.dottedServer.get()
    case .dottedCyrus: try Self.dottedCyrusServer.get()
    default: try SharedServers.get(kind)
    }
  }

  /// A new account on it.
  func newAccount(_ directory: TemporaryDirectory) throws -> AccountBench {
    let user = "x" + RandomID.hex(bytes: 6)
    let server = try shared()
    try server.addUser(user, password: "secret")
    return AccountBench(server: server, user: user, directory: directory)
  }

  /// A name on the wire; components are joined by slashes.
  func raw(_ name: String) -> String {
    name == "INBOX" ? name : prefix + (isDotted ? name.replacing("/", with: ".") : name)
  }
}
