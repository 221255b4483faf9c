import Glibc

/// A private Courier-IMAP 5.0: prefix `INBOX.`, separator `.`, UIDPLUS, neither MULTIAPPEND nor
/// LITERAL+.
final class Courier: TestServer {
  static let unpacked = UnpackedServer(
    name: "courier", program: "/usr/lib/courier/courier/courierpop3login")

  let imapPort: UInt16
  let pop3Port: UInt16
  let caFile: String
  private let process: ServerProcess

  convenience init() throws { self.init(try ServerProcess.onFreePorts(Self.start)) }

  private init(_ started: (ServerProcess, imap: UInt16, pop3: UInt16, authority: String)) {
    (process, imapPort, pop3Port, caFile) = started
  }

  private static func start() throws -> (
    ServerProcess, imap: UInt16, pop3: UInt16, authority: String
  ) {
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
    let ports = try freePorts(2)
    let process = try unpacked.start(
      ["/bin/bash", "-c", script, "bash", "\(ports[0])", "\(ports[1])"], in: directory)
    try process.waitForGreetings(imap: ports[0], pop3: ports[1]) { "" }
    return (process, ports[0], ports[1], certificates.authority)
  }

  private static func writeConfiguration(
    _ directory: TemporaryDirectory, _ certificates: DovecotCertificates
  ) throws {
    func path(_ name: String) -> String { directory.file("etc/courier/\(name)") }
    let ours = unpacked.prefix + "/etc/courier/"
    for name in ["imapd", "imapd-ssl", "pop3d", "pop3d-ssl"] {
      try writeFile(path(name), try readFile(ours + name))
    }
    let daemon = try readFile(ours + "authdaemonrc").split(separator: "\n")
      .filter { !$0.hasPrefix("authmodulelist=") && !$0.hasPrefix("daemons=") }
    try writeFile(
      path("authdaemonrc"),
      (daemon + ["authmodulelist=\"authuserdb\"", "daemons=3", ""]).joined(separator: "\n"))
    for name in ["imapd.pem", "pop3d.pem"] {
      try writeFile(
        path(name), try readFile(certificates.key) + readFile(certificates.certificate))
      chown(path(name), 8, 8)
    }
    try writeFile(path("userdb"), "")
    chmod(path("userdb"), 0o600)
  }

  // The configuration files set PORT and ADDRESS, among others.
  private static let script = """
    makeuserdb
    /usr/lib/courier/courier-authlib/authdaemond &
    serve() {
      set -a
      . /etc/courier/$1
      . /etc/courier/$1-ssl
      unset TLS_CACHEFILE TLS_DHPARAMS
      IMAP_STARTTLS=YES POP3_STARTTLS=YES
      shift
      exec /usr/sbin/couriertcpd -address=127.0.0.1 -maxprocs=80 -maxperip=80 -nodnslookup \
        -noidentlookup "$@" Maildir
    }
    bin=/usr/lib/courier/courier
    serve imapd "$1" $bin/imaplogin /usr/bin/imapd &
    imap=$!
    serve pop3d "$2" $bin/courierpop3login $bin/courierpop3d &
    wait -n $imap $!
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
