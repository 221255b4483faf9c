import Glibc
import Synchronization

/// A private imap4d of GNU mailutils 3.15, which keeps mail in mbox files: no prefix, separator `/`,
/// LITERAL+, neither UIDPLUS nor MULTIAPPEND.
final class Mailutils: TestServer {
  static let unpacked = UnpackedServer(name: "mailutils", program: "/usr/sbin/imap4d")

  let imapPort: UInt16
  let caFile: String
  private let process: ServerProcess
  private let users = Atomic(0)

  convenience init() throws { self.init(try ServerProcess.onFreePorts(Self.start)) }

  private init(_ started: (ServerProcess, port: UInt16, authority: String)) {
    (process, imapPort, caFile) = started
  }

  private static func start() throws -> (ServerProcess, port: UInt16, authority: String) {
    let directory = try unpacked.emptyDirectory()
    let root = directory.path
    let certificates = try DovecotCertificates(in: root, names: "DNS:localhost,IP:127.0.0.1")
    chmod(certificates.key, 0o600)
    for name in ["passwd", "shadow"] {
      try copyFile("/etc/\(name)", to: directory.file("etc/\(name)"), adding: "")
    }
    for name in ["spool", "home"] { try makeDirectory(directory.file(name)) }
    chmod(directory.file("spool"), 0o1777)
    let port = try freePorts(1)[0]
    try writeFile(
      directory.file("imap4d.conf"),
      """
      mode daemon;
      pidfile "\(root)/imap4d.pid";
      server 127.0.0.1:\(port) { tls-mode ondemand; };
      namespace personal { mailbox { prefix ""; path "\(root)/home/${user}/mail"; }; };
      mailbox { mailbox-pattern "mbox:\(root)/spool/${user}"; mailbox-type "mbox"; };
      auth { authentication "generic:system"; authorization "system"; };
      logging { syslog no; };
      tls {
        ssl-certificate-file "\(certificates.certificate)"; ssl-key-file "\(certificates.key)";
      };

      """)
    let process = try unpacked.start(
      [
        "/usr/sbin/imap4d", "--no-site-config", "--config-file=" + directory.file("imap4d.conf"),
        "--daemon=200", "--foreground",
      ], in: directory)
    try process.waitForGreeting(port: port) { "" }
    return (process, port, certificates.authority)
  }

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
