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
  /// The PEM file of the authority that signed the server's certificate.
  package var caFile: String { certificates.authority }

  private let certificates: DovecotCertificates
  private let directory: TemporaryDirectory
  private let server: ChildProcess
  private let guardian: ChildProcess

  /// Where Debian puts the server.
  static let program = "/usr/sbin/dovecot"

  /// Starts a server and returns when it greets.
  package static func start(_ configuration: DovecotConfiguration) throws -> Dovecot {
    // Somebody else may take a port between its choice and the server's bind.
    for _ in 0..<4 {
      do { return try Dovecot(configuration) } catch is PortTaken {}
    }
    return try Dovecot(configuration)
  }

  private struct PortTaken: Error {}

  private init(_ configuration: DovecotConfiguration) throws {
    directory = try TemporaryDirectory()
    let root = directory.path
    certificates = try DovecotCertificates(in: root, names: "DNS:localhost,IP:127.0.0.1")
    for name in ["run", "state", "mail", "users"] { try makeDirectory("\(root)/\(name)") }
    chown("\(root)/mail", mailUser.uid, mailUser.gid)
    let ports = try freePorts(2)
    (imapPort, imapsPort) = (ports[0], ports[1])
    try writeFile(
      "\(root)/dovecot.conf",
      configuration.text(
        root: root, imapPort: imapPort, imapsPort: imapsPort,
        account: geteuid() == 0 ? nil : runningAccount()))
    server = try ChildProcess(Self.program, ["-F", "-c", "\(root)/dovecot.conf"], leadsGroup: true)
    // The guardian's pipe closes when this process dies, even by SIGKILL.
    guardian = try ChildProcess(
      "/bin/sh",
      [
        "-c", #"read -r line || { kill -9 -"$1"; rm -rf "$2"; }"#, "sh", "\(server.pid)", root,
      ],
      input: .pipe)
    try waitForGreeting()
  }

  private func waitForGreeting() throws {
    for _ in 0..<4_000 {
      if let ending = server.poll() {
        let log = log + String(decoding: server.standardError, as: UTF8.self)
        if log.contains("Address already in use") { throw PortTaken() }
        throw TestSetupError("Dovecot ended (\(ending)): \(log)")
      }
      if (try? greets(port: imapPort)) == true { return }
      usleep(5_000)
    }
    throw TestSetupError("Dovecot does not answer: \(log)")
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
  package var processID: Int32 { server.pid }

  /// Stops the server and removes its directory; a second call does nothing.
  package func stop() {
    // Dovecot takes a second for an orderly end, and nothing of it is needed any more.
    server.signal(SIGKILL)
    server.wait()
    guardian.write("done\n")
    guardian.closeInput()
    guardian.wait()
    directory.remove()
  }

  deinit { stop() }
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

/// Whether a server on this port of 127.0.0.1 says something that begins with `* OK`.
private func greets(port: UInt16) throws -> Bool {
  let descriptor = try connectToLoopback(port: port)
  defer { close(descriptor) }
  var greeting = [UInt8](repeating: 0, count: 4)
  let count = recv(descriptor, &greeting, greeting.count, Int32(MSG_WAITALL))
  return count == 4 && greeting == Array("* OK".utf8)
}
