import Glibc
import Synchronization

/// A private imap4d and pop3d of GNU mailutils 3.15, which keep mail in mbox files: no prefix, separator
/// `/`, LITERAL+, neither UIDPLUS nor MULTIAPPEND.
final class Mailutils: TestServer {
  static let unpacked = UnpackedServer(name: "mailutils", program: "/usr/sbin/pop3d")

  let imapPort: UInt16
  let pop3Port: UInt16
  let caFile: String
  private let process: ServerProcess
  private let users = Atomic(0)

  convenience init() throws { self.init(try ServerProcess.onFreePorts(Self.start)) }

  private init(_ started: (ServerProcess, imap: UInt16, pop3: UInt16, authority: String)) {
    (process, imapPort, pop3Port, caFile) = started
  }

  private static func start() throws -> (
    ServerProcess, imap: UInt16, pop3: UInt16, authority: String
  ) {
    let directory = try unpacked.emptyDirectory()
    let root = directory.path
    let certificates = try DovecotCertificates(in: root, names: "DNS:localhost,IP:127.0.0.1")
    chmod(certificates.key, 0o600)
    for name in ["passwd", "shadow"] {
      try copyFile("/etc/\(name)", to: directory.file("etc/\(name)"), adding: "")
    }
    for name in ["spool", "home"] { try makeDirectory(directory.file(name)) }
    chmod(directory.file("spool"), 0o1777)
    let ports = try freePorts(2)
    let imap = """
      namespace personal { mailbox { prefix ""; path "\(root)/home/${user}/mail"; }; };

      """
    for (name, port, own) in [("imap4d", ports[0], imap), ("pop3d", ports[1], "")] {
      try writeFile(
        directory.file("\(name).conf"),
        configuration(name, root, port: port, certificates) + own)
    }
    let process = try unpacked.start(
      ["/bin/bash", "-c", script, "bash", root], in: directory)
    try process.waitForGreetings(imap: ports[0], pop3: ports[1]) { "" }
    return (process, ports[0], ports[1], certificates.authority)
  }

  private static func configuration(
    _ name: String, _ root: String, port: UInt16, _ certificates: DovecotCertificates
  ) -> String {
    """
    mode daemon;
    pidfile "\(root)/\(name).pid";
    server 127.0.0.1:\(port) { tls-mode ondemand; };
    mailbox { mailbox-pattern "mbox:\(root)/spool/${user}"; mailbox-type "mbox"; };
    auth { authentication "generic:system"; authorization "system"; };
    logging { syslog no; };
    tls {
      ssl-certificate-file "\(certificates.certificate)"; ssl-key-file "\(certificates.key)";
    };

    """
  }

  private static let script = """
    serve() {
      exec /usr/sbin/$1 --no-site-config --config-file="$2/$1.conf" --daemon=200 --foreground
    }
    serve imap4d "$1" &
    imap=$!
    serve pop3d "$1" &
    wait -n $imap $!
    """

  func addUser(_ name: String, password: String) throws {
    let id = 20_001 + users.add(1, ordering: .relaxed).oldValue
    let home = process.directory.file("home/\(name)")
    for path in [home, home + "/mail"] {
      try makeDirectory(path)
      chown(path, uid_t(id), 8)
    }
    try appendToFile(
      process.directory.file("etc/shadow"),
      "\(name):\(try hashedPassword(password)):19000:0:99999:7:::\n")
    try appendToFile(
      process.directory.file("etc/passwd"), "\(name):x:\(id):8::\(home):/bin/sh\n")
  }

  func stop() { process.stop() }
}
