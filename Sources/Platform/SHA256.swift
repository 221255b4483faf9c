import COpenSSL
package import Mail

/// A running SHA-256, used again and again without allocating.
package final class SHA256 {
  private let context: OpaquePointer

  /// Makes one that is ready for the first bytes.
  package init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, EVP_sha256(), nil) == 1
    else { preconditionFailure("OpenSSL offers no SHA-256") }
    self.context = context
  }

  deinit {
    EVP_MD_CTX_free(context)
  }

  /// Takes in the next bytes.
  package func update(_ bytes: UnsafeRawBufferPointer) {
    precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
  }

  /// Takes in the next bytes.
  package func update(_ bytes: Span<UInt8>) {
    bytes.bytes.withUnsafeBytes { update($0) }
  }

  /// The digest of everything since the last `finish` or `reset`; a new one begins.
  package func finish() -> ContentDigest {
    var bytes = [UInt8](repeating: 0, count: 32)
    guard EVP_DigestFinal_ex(context, &bytes, nil) == 1, let digest = ContentDigest(bytes: bytes)
    else { preconditionFailure("OpenSSL could not finish a SHA-256") }
    reset()
    return digest
  }

  /// Forgets what came so far.
  package func reset() {
    // No type given: the algorithm found at first is kept, which spares a costly look-up.
    precondition(EVP_DigestInit_ex2(context, nil, nil) == 1)
  }

  /// The digest of bytes that are at hand as a whole.
  package static func digest(of bytes: Span<UInt8>) -> ContentDigest {
    let hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }
}
