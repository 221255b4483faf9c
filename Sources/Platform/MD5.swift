import COpenSSL

/// The digest that APOP asks for (RFC 1939, section 7), and nothing else should.
package enum MD5 {
  /// The digest in hexadecimal; nil where the system's OpenSSL may not compute it.
  package static func hexadecimal(of bytes: [UInt8]) -> String? {
    guard let context = EVP_MD_CTX_new() else { return nil }
    defer { EVP_MD_CTX_free(context) }
    var digest = [UInt8](repeating: 0, count: 16)
    guard EVP_DigestInit_ex2(context, EVP_md5(), nil) == 1,
      EVP_DigestUpdate(context, bytes, bytes.count) == 1,
      EVP_DigestFinal_ex(context, &digest, nil) == 1
    else { return nil }
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
