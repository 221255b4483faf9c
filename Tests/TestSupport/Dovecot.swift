import Glibc

/// A private Dovecot 2.3 on free loopback ports, for a user who is root or anybody else.
///
/// It keeps everything in a temporary directory and goes, with the directory, on `stop()`, with
/// the object, or with the test process, however that ends.
package final class Dovecot: Sendable {
  /// The port for IMAP in the clear and with STARTTLS, on 127.0.0.1.
  package let imapPort: UInt16
  /// The port for IMAP with TLS from the start.
  package let imapsPort: UInt16
  /// The port for POP3 in the clear and with STLS.
  package let pop3Port: UInt16
  /// The port for POP3 with TLS from the start.
  package let pop3sPort: UInt16
  /// The PEM file of the authority that signed the server's certificate.
  package var caFile: String { certificates.authority }

  private let certificates: DovecotCertificates
  private let process: ServerProcess
  private var directory: TemporaryDirectory { process.directory }

  /// Where Debian puts the server.
  static let program = "/usr/sbin/dovecot"

  /// Starts a server and returns when it greets.
  package static func start(_ configuration: DovecotConfiguration) throws -> Dovecot {
    try ServerProcess.onFreePorts { try Dovecot(configuration) }
  }

  private init(_ configuration: DovecotConfiguration) throws {
    let directory = try TemporaryDirectory()
    let root = directory.path
    certificates = try DovecotCertificates(in: root, names: "DNS:localhost,IP:127.0.0.1")
    for name in ["run", "state", "mail", "users"] { try makeDirectory("\(root)/\(name)") }
    chown("\(root)/mail", mailUser.uid, mailUser.gid)
    let ports = try freePorts(4)
    (imapPort, imapsPort, pop3Port, pop3sPort) = (ports[0], ports[1], ports[2], ports[3])
    try writeFile(
      "\(root)/dovecot.conf",
      configuration.text(
        root: root, imapPort: imapPort, imapsPort: imapsPort, pop3Port: pop3Port,
        pop3sPort: pop3sPort,
        account: geteuid() == 0 ? nil : runningAccount()))
    process = try ServerProcess(Self.program, ["-F", "-c", "\(root)/dovecot.conf"], in: directory)
    try process.waitForGreetings(imap: imapPort, pop3: pop3Port) { log }
  }

  /// Adds a user with an empty account.
  package func addUser(_ name: String, password: String) throws {
    let home = self.home(of: name)
    for path in [home, home + "/rawlog"] {
      try makeDirectory(path)
      chown(path, mailUser.uid, mailUser.gid)
    }
    // One file a user: Dovecot looks at most once a second whether a file has changed.
    try writeFile(
      directory.file("users/\(name)"),
      "\(name):{PLAIN}\(password):\(mailUser.uid):\(mailUser.gid)::\(home)::\n")
  }

  /// The home directory of a user, which also holds the transcripts.
  package func home(of user: String) -> String { directory.file("mail/\(user)") }

  /// The Maildir of a user, unless the configuration's location says otherwise.
  package func mailDirectory(of user: String) -> String { home(of: user) + "/Maildir" }

  /// What the server logged so far.
  package var log: String { (try? readFile(directory.file("dovecot.log"))) ?? "" }

  /// The id of the master process, for tests that stop and continue the server.
  package var processID: Int32 { process.child.pid }

  /// Where the server tells which sessions it has.
  var anvilSocket: String { directory.file("run/anvil") }

  /// Stops the server and removes its directory; a second call does nothing.
  package func stop() { process.stop() }
}

/// Whose mail it is: Debian's `mail` when root runs the tests, oneself otherwise.
private var mailUser: (uid: uid_t, gid: gid_t) {
  geteuid() == 0 ? (8, 8) : (geteuid(), getegid())
}

/// The names of the user and group that run the tests, or their numbers where they have no name.
private func runningAccount() -> (user: String, group: String) {
  let user = getpwuid(geteuid()).flatMap { $0.pointee.pw_name }.map { String(cString: $0) }
  let group = getgrgid(getegid()).flatMap { $0.pointee.gr_name }.map { String(cString: $0) }
  return (user ?? "\(geteuid())", group ?? "\(getegid())")
}
