import Glibc

/// A private Courier-IMAP 5.0: prefix `INBOX.`, separator `.`, UIDPLUS, neither MULTIAPPEND nor
/// LITERAL+.
final class Courier: TestServer {
  static let unpacked = UnpackedServer(name: "courier", program: "/usr/sbin/couriertcpd")

  let imapPort: UInt16
  let caFile: String
  private let process: ServerProcess

  convenience init() throws { self.init(try ServerProcess.onFreePorts(Self.start)) }

  private init(_ started: (ServerProcess, port: UInt16, authority: String)) {
    (process, imapPort, caFile) = started
  }

  private static func start() throws -> (ServerProcess, port: UInt16, authority: String) {
    let directory = try unpacked.emptyDirectory()
    let certificates = try DovecotCertificates(
      in: directory.path, names: "DNS:localhost,IP:127.0.0.1")
    for name in ["mail", "etc/courier", "run/courier", "run/courier/authdaemon"] {
      try makeDirectory(directory.file(name))
    }
    // STARTTLS is spoken by a process of the user "courier".
    try copyFile(
      "/etc/passwd", to: directory.file("etc/passwd"),
      adding: "courier:x:8:8::/:/usr/sbin/nologin\n")
    try copyFile("/etc/group", to: directory.file("etc/group"), adding: "courier:x:8:\n")
    try writeConfiguration(directory, certificates)
    let port = try freePorts(1)[0]
    let process = try unpacked.start(
      ["/bin/sh", "-c", script, "sh", "\(port)"], in: directory)
    try process.waitForGreeting(port: port) { "" }
    return (process, port, certificates.authority)
  }

  private static func writeConfiguration(
    _ directory: TemporaryDirectory, _ certificates: DovecotCertificates
  ) throws {
    func path(_ name: String) -> String { directory.file("etc/courier/\(name)") }
    let ours = unpacked.prefix + "/etc/courier/"
    for name in ["imapd", "imapd-ssl"] { try writeFile(path(name), try readFile(ours + name)) }
    let daemon = try readFile(ours + "authdaemonrc").split(separator: "\n")
      .filter { !$0.hasPrefix("authmodulelist=") && !$0.hasPrefix("daemons=") }
    try writeFile(
      path("authdaemonrc"),
      (daemon + ["authmodulelist=\"authuserdb\"", "daemons=3", ""]).joined(separator: "\n"))
    try writeFile(
      path("imapd.pem"), try readFile(certificates.key) + readFile(certificates.certificate))
    chown(path("imapd.pem"), 8, 8)
    try writeFile(path("userdb"), "")
    chmod(path("userdb"), 0o600)
  }

  // The configuration files set PORT and ADDRESS, among others.
  private static let script = """
    makeuserdb
    /usr/lib/courier/courier-authlib/authdaemond &
    set -a
    . /etc/courier/imapd
    . /etc/courier/imapd-ssl
    unset TLS_CACHEFILE TLS_DHPARAMS
    IMAP_STARTTLS=YES
    exec /usr/sbin/couriertcpd -address=127.0.0.1 -maxprocs=80 -maxperip=80 -nodnslookup \
      -noidentlookup "$1" /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir
    """

  func addUser(_ name: String, password: String) throws {
    let home = process.directory.file("mail/\(name)")
    let maildir = home + "/Maildir"
    for path in [home, maildir] + ["cur", "new", "tmp"].map({ maildir + "/" + $0 }) {
      try makeDirectory(path)
      chown(path, 8, 8)
    }
    try appendToFile(
      process.directory.file("etc/courier/userdb"),
      "\(name)\tuid=8|gid=8|home=\(home)|mail=\(maildir)|"
        + "systempw=\(try hashedPassword(password))\n")
    try Self.unpacked.run(["makeuserdb"], in: process.directory.path)
  }

  func stop() { process.stop() }
}
