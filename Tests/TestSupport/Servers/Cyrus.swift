import Glibc

/// A private Cyrus IMAP 3.6: no prefix and separator `/`, or as it was once, `INBOX.` and `.`; nearly
/// every extension.
final class Cyrus: TestServer {
  static let unpacked = UnpackedServer(name: "cyrus", program: "/usr/lib/cyrus/bin/pop3d")

  let imapPort: UInt16
  let pop3Port: UInt16
  let caFile: String
  private let process: ServerProcess

  /// Starts one; a dotted one has the prefix `INBOX.` and the separator `.`.
  convenience init(isDotted: Bool = false) throws {
    self.init(try ServerProcess.onFreePorts { try Self.start(isDotted: isDotted) })
  }

  private init(_ started: (ServerProcess, imap: UInt16, pop3: UInt16, authority: String)) {
    (process, imapPort, pop3Port, caFile) = started
  }

  private static func start(isDotted: Bool) throws -> (
    ServerProcess, imap: UInt16, pop3: UInt16, authority: String
  ) {
    let directory = try unpacked.emptyDirectory()
    let certificates = try DovecotCertificates(
      in: directory.path, names: "DNS:localhost,IP:127.0.0.1")
    try copyFile(
      "/etc/passwd", to: directory.file("etc/passwd"),
      adding: "cyrus:x:8:8::/:/usr/sbin/nologin\n")
    for name in ["conf", "conf/proc", "conf/socket", "spool"] {
      try makeDirectory(directory.file(name))
      chown(directory.file(name), 8, 8)
    }
    chown(certificates.key, 8, 8)
    let ports = try freePorts(2)
    try writeFile(
      directory.file("imapd.conf"), configuration(directory.path, certificates, isDotted: isDotted))
    try writeFile(
      directory.file("cyrus.conf"), services(directory.path, imap: ports[0], pop3: ports[1]))
    let process = try unpacked.start(
      [
        "/usr/lib/cyrus/bin/master", "-C", directory.file("imapd.conf"), "-M",
        directory.file("cyrus.conf"), "-p", directory.file("run/master.pid"),
      ], in: directory)
    try process.waitForGreetings(imap: ports[0], pop3: ports[1]) { "" }
    return (process, ports[0], ports[1], certificates.authority)
  }

  private static func configuration(
    _ root: String, _ certificates: DovecotCertificates, isDotted: Bool
  ) -> String {
    """
    configdirectory: \(root)/conf
    proc_path: \(root)/conf/proc
    mboxname_lockpath: \(root)/conf/lock
    defaultpartition: default
    partition-default: \(root)/spool
    cyrus_user: cyrus
    altnamespace: \(isDotted ? "no" : "yes")
    unixhierarchysep: \(isDotted ? "no" : "yes")
    allowplaintext: yes
    autocreate_quota: 0
    sasl_pwcheck_method: auxprop
    sasl_auxprop_plugin: sasldb
    sasl_sasldb_path: \(root)/conf/sasldb2
    sasl_mech_list: PLAIN LOGIN
    tls_server_cert: \(certificates.certificate)
    tls_server_key: \(certificates.key)
    lmtpsocket: \(root)/conf/socket/lmtp
    idlesocket: \(root)/conf/socket/idle
    notifysocket: \(root)/conf/socket/notify
    sievedir: \(root)/conf/sieve
    servername: localhost

    """
  }

  private static func services(_ root: String, imap: UInt16, pop3: UInt16) -> String {
    """
    START {
      recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C \(root)/imapd.conf -r"
    }
    SERVICES {
      imap cmd="/usr/lib/cyrus/bin/imapd -C \(root)/imapd.conf" listen="127.0.0.1:\(imap)" prefork=0
      pop3 cmd="/usr/lib/cyrus/bin/pop3d -C \(root)/imapd.conf" listen="127.0.0.1:\(pop3)" prefork=0
    }
    EVENTS {
    }

    """
  }

  /// The account itself is made when the user first logs in.
  func addUser(_ name: String, password: String) throws {
    let users = process.directory.file("conf/sasldb2")
    try Self.unpacked.run(
      ["saslpasswd2", "-p", "-c", "-u", "localhost", "-f", users, name],
      in: process.directory.path, input: .bytes(Array(password.utf8)))
    chown(users, 8, 8)
  }

  func stop() { process.stop() }
}
