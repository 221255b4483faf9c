/// A certificate authority of its own and a server certificate for `localhost` and `127.0.0.1`.
package struct DovecotCertificates: Sendable {
  /// The authority's certificate, in PEM.
  package let authority: String
  /// The server's certificate, in PEM.
  package let certificate: String
  /// The server's private key, in PEM.
  package let key: String

  /// Makes `ca.crt`, `server.crt` and `server.key` in `directory` with the `openssl` command.
  ///
  /// `names` is the subject alternative name as `openssl` takes it, such as `DNS:localhost`.
  package init(in directory: String, names: String) throws {
    authority = directory + "/ca.crt"
    certificate = directory + "/server.crt"
    key = directory + "/server.key"
    let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    try runSuccessfully(
      "/usr/bin/openssl",
      ["req", "-x509", "-days", "2", "-subj", "/CN=mailarc test authority"] + newKey
        + ["-keyout", directory + "/ca.key", "-out", authority])
    try runSuccessfully(
      "/usr/bin/openssl",
      ["req", "-x509", "-days", "2", "-subj", "/CN=localhost"] + newKey
        + ["-addext", "subjectAltName=" + names, "-addext", "basicConstraints=CA:FALSE"]
        + ["-CA", authority, "-CAkey", directory + "/ca.key"]
        + ["-keyout", key, "-out", certificate])
  }
}
