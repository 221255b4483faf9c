import COpenSSL
import Platform

/// A certificate and its private key, made on the spot.
struct TestIdentity: Sendable {
  /// The certificate in PEM form.
  let certificate: [UInt8]
  /// The private key in PEM form.
  let key: [UInt8]

  /// An authority that vouches for itself.
  static func authority(_ name: String = "Test Authority") throws -> TestIdentity {
    try make(name, extensions: [(NID_basic_constraints, "critical,CA:TRUE")], issuer: nil)
  }

  /// A certificate for names such as `DNS:localhost,IP:127.0.0.1`, valid on days from now on.
  static func server(
    _ names: String?, issuer: TestIdentity?, days: ClosedRange<Int32> = -1...1
  ) throws -> TestIdentity {
    let extensions = names.map { [(NID_subject_alt_name, $0)] } ?? []
    return try make("Test Server", extensions: extensions, issuer: issuer, days: days)
  }

  private static func make(
    _ name: String, extensions: [(Int32, String)], issuer: TestIdentity?,
    days: ClosedRange<Int32> = -1...1
  ) throws -> TestIdentity {
    let key = try newKey()
    defer { EVP_PKEY_free(key) }
    let certificate = try present(X509_new())
    defer { X509_free(certificate) }
    X509_set_version(certificate, 2)
    ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), Int64.random(in: 1 ... .max))
    X509_time_adj_ex(X509_getm_notBefore(certificate), days.lowerBound, 0, nil)
    X509_time_adj_ex(X509_getm_notAfter(certificate), days.upperBound, 0, nil)
    X509_set_pubkey(certificate, key)
    let subject = X509_get_subject_name(certificate)
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0)
    for (kind, value) in extensions {
      let made = try present(X509V3_EXT_conf_nid(nil, nil, kind, value))
      X509_add_ext(certificate, made, -1)
      X509_EXTENSION_free(made)
    }
    if let issuer {
      let parent = try issuer.loadCertificate()
      let parentKey = try issuer.loadKey()
      X509_set_issuer_name(certificate, X509_get_subject_name(parent))
      X509_sign(certificate, parentKey, EVP_sha256())
      X509_free(parent)
      EVP_PKEY_free(parentKey)
    } else {
      X509_set_issuer_name(certificate, subject)
      X509_sign(certificate, key, EVP_sha256())
    }
    return TestIdentity(
      certificate: try pem { PEM_write_bio_X509($0, certificate) },
      key: try pem { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) })
  }

  /// The certificate as OpenSSL's object, which the caller frees.
  func loadCertificate() throws -> OpaquePointer {
    let memory = BIO_new_mem_buf(certificate, Int32(certificate.count))
    defer { BIO_free(memory) }
    return try present(PEM_read_bio_X509(memory, nil, nil, nil))
  }

  /// The key as OpenSSL's object, which the caller frees.
  func loadKey() throws -> OpaquePointer {
    let memory = BIO_new_mem_buf(key, Int32(key.count))
    defer { BIO_free(memory) }
    return try present(PEM_read_bio_PrivateKey(memory, nil, nil, nil))
  }

  private static func newKey() throws -> OpaquePointer {
    let context = try present(EVP_PKEY_CTX_new_from_name(nil, "EC", nil))
    defer { EVP_PKEY_CTX_free(context) }
    EVP_PKEY_keygen_init(context)
    EVP_PKEY_CTX_set_group_name(context, "P-256")
    var key: OpaquePointer?
    EVP_PKEY_generate(context, &key)
    return try present(key)
  }

  private static func pem(_ write: (OpaquePointer) -> Int32) throws -> [UInt8] {
    let memory = try present(BIO_new(BIO_s_mem()))
    defer { BIO_free(memory) }
    _ = write(memory)
    var bytes = [UInt8](repeating: 0, count: 16_384)
    let count = BIO_read(memory, &bytes, Int32(bytes.count))
    return Array(bytes.prefix(Int(max(count, 0))))
  }
}

/// OpenSSL gave nothing where a test needs something.
struct OpenSSLRefused: Error {}

/// What OpenSSL made, or an error.
func present<Value>(_ value: Value?) throws -> Value {
  guard let value else { throw OpenSSLRefused() }
  return value
}
