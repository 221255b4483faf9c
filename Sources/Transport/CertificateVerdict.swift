import COpenSSL
import Glibc

/// Notes why OpenSSL did not accept a certificate, while what it saw is still at hand.
final class CertificateVerdict {
  /// The first objection, if there was one.
  private(set) var problem: CertificateProblem?
  private let serverName: String

  /// Makes one for a connection to a server.
  init(serverName: String) {
    self.serverName = serverName
  }

  /// Lets the callback find this object, which must outlive the connection.
  func attach(to connection: OpaquePointer) {
    SSL_set_ex_data(connection, 0, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Called by OpenSSL for each certificate; never turns a refusal into consent.
  static let callback: @convention(c) (Int32, OpaquePointer?) -> Int32 = { accepted, store in
    if accepted == 1 { return 1 }
    let index = SSL_get_ex_data_X509_STORE_CTX_idx()
    if let store, let connection = X509_STORE_CTX_get_ex_data(store, index),
      let verdict = SSL_get_ex_data(OpaquePointer(connection), 0)
    {
      Unmanaged<CertificateVerdict>.fromOpaque(verdict).takeUnretainedValue().note(store)
    }
    return 0
  }

  private func note(_ store: OpaquePointer) {
    guard problem == nil else { return }
    let code = X509_STORE_CTX_get_error(store)
    let current = X509_STORE_CTX_get_current_cert(store) ?? X509_STORE_CTX_get0_cert(store)
    guard let current else {
      problem = .other(String(cString: X509_verify_cert_error_string(Int(code))))
      return
    }
    problem =
      switch code {
      case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
        .wrongName(expected: serverName, names: CertificateText.names(of: current))
      case X509_V_ERR_CERT_HAS_EXPIRED:
        .expired(since: CertificateText.day(X509_get0_notAfter(current)))
      case X509_V_ERR_CERT_NOT_YET_VALID:
        .notYetValid(until: CertificateText.day(X509_get0_notBefore(current)))
      case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        .selfSigned(subject: CertificateText.name(X509_get_subject_name(current)))
      case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        .unknownIssuer(issuer: CertificateText.name(X509_get_issuer_name(current)))
      default: .other(String(cString: X509_verify_cert_error_string(Int(code))))
      }
  }
}

/// Parts of a certificate in words; bounded, but as hostile as who made it.
enum CertificateText {
  private static let limit = 1024

  /// The names that it is for: the subject alternative names, else its subject.
  static func names(of certificate: OpaquePointer) -> String {
    let index = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1)
    guard index >= 0, let names = X509_get_ext(certificate, index) else {
      return name(X509_get_subject_name(certificate))
    }
    return printed { X509V3_EXT_print($0, names, 0, 0) }
  }

  /// A distinguished name, as in `O = Example, CN = mail.example.org`.
  static func name(_ name: OpaquePointer?) -> String {
    printed { mailarc_x509_name_print($0, name) }
  }

  /// A moment's day, as in `2026-01-31`.
  static func day(_ time: UnsafePointer<ASN1_TIME>?) -> String {
    var parts = tm()
    guard ASN1_TIME_to_tm(time, &parts) == 1 else { return "an unreadable date" }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      let length = strftime(base, buffer.count, "%Y-%m-%d", &parts)
      return length == 0 ? "" : String(cString: base)
    }
  }

  /// A moment in seconds since 1970; nil where it can't be read.
  static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
    var parts = tm()
    guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
    return Int64(timegm(&parts))
  }

  private static func printed(_ print: (OpaquePointer) -> Int32) -> String {
    guard let memory = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(memory) }
    _ = print(memory)
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = BIO_read(memory, &bytes, Int32(limit))
    let text = String(decoding: bytes.prefix(Int(max(count, 0))), as: UTF8.self)
    return text.isEmpty ? "no name" : text
  }
}
