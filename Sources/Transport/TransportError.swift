package import Platform

/// Why there is no connection, or no longer one, in terms that tell the user what to do.
package enum TransportError: Error, Sendable, Equatable {
  /// The host name has no address; `temporary` if the name service could not be asked.
  case nameNotFound(host: String, temporary: Bool)
  /// The host answers, but nothing listens on the port.
  case connectionRefused(host: String, port: UInt16)
  /// The host can't be reached, for the reason the system gave.
  case unreachable(host: String, port: UInt16, reason: String)
  /// The deadline came; `doing` continues "timed out while".
  case timedOut(doing: String)
  /// The interruption was raised.
  case interrupted
  /// The connection broke, or the peer closed it without saying so.
  case connectionLost(reason: String)
  /// The TLS handshake or the encrypted stream failed.
  case tlsFailed(TLSFailure)
  /// The server's certificate is not trusted.
  case certificateRejected(CertificateProblem)
  /// The file with trusted certificates can't be used.
  case trustFileUnusable(path: String, reason: String)
  /// The local system refused something, for example another descriptor.
  case system(SystemError)
}

/// How TLS failed, apart from the certificate.
package enum TLSFailure: Sendable, Hashable {
  /// The server offers only versions before TLS 1.2.
  case versionTooOld
  /// What the server sent is no TLS.
  case notTLS
  /// The server closed the connection during the handshake.
  case closedDuringHandshake
  /// OpenSSL's words for anything else.
  case other(String)
}

/// What is wrong with a server's certificate; all texts come from the server.
package enum CertificateProblem: Sendable, Hashable {
  /// It is for other names than the one asked for.
  case wrongName(expected: String, names: String)
  /// It is no longer valid; the last day it was.
  case expired(since: String)
  /// It is not valid yet; the first day it will be.
  case notYetValid(until: String)
  /// It vouches for itself, and is not known.
  case selfSigned(subject: String)
  /// Nobody who is trusted vouches for it; who does.
  case unknownIssuer(issuer: String)
  /// OpenSSL's words for anything else.
  case other(String)
}

extension TransportError {
  /// Whether the same attempt may succeed later though nobody changes anything.
  ///
  /// A refused connection does not count: it mostly is the wrong port. Who was connected before may
  /// still try again.
  package var isRetryable: Bool {
    switch self {
    case .nameNotFound(_, let temporary): temporary
    case .unreachable, .timedOut, .connectionLost, .tlsFailed(.closedDuringHandshake): true
    case .connectionRefused, .interrupted, .tlsFailed, .certificateRejected, .trustFileUnusable,
      .system:
      false
    }
  }

  /// Makes the error of a wait.
  ///
  /// - Parameters:
  ///   - error: why the wait ended.
  ///   - doing: what was waited for, in words that continue "timed out while".
  init(_ error: PollError, doing: @autoclosure () -> String) {
    self =
      switch error {
      case .timedOut: .timedOut(doing: doing())
      case .interrupted: .interrupted
      case .failed(let error): .system(error)
      }
  }
}

extension TransportError: CustomStringConvertible {
  /// What happened and what the user can do; parts come from the server: escape it for terminals.
  package var description: String {
    switch self {
    case .nameNotFound(let host, true):
      "the address of \(host) could not be looked up; check the network and the name server"
    case .nameNotFound(let host, false):
      "there is no host called \(host); check its spelling"
    case .connectionRefused(let host, let port):
      "\(host) refused the connection; nothing listens on port \(port), check the port"
    case .unreachable(let host, let port, let reason):
      "\(host) can't be reached on port \(port): \(reason)"
    case .timedOut(let doing): "timed out while \(doing)"
    case .interrupted: "interrupted"
    case .connectionLost(let reason): "the connection was lost: \(reason)"
    case .tlsFailed(let failure): "TLS failed: \(failure)"
    case .certificateRejected(let problem): "the server's certificate is not trusted: \(problem)"
    case .trustFileUnusable(let path, let reason):
      "the file of trusted certificates \"\(path)\" can't be used: \(reason)"
    case .system(let error): error.description
    }
  }
}

extension TLSFailure: CustomStringConvertible {
  /// What happened and what the user can do.
  package var description: String {
    switch self {
    case .versionTooOld: "the server offers no version from TLS 1.2 on, older ones are not safe"
    case .notTLS:
      "the server does not speak TLS on this port; if it begins in plaintext, use imap:// or "
        + "pop3://, which turn to TLS by STARTTLS"
    case .closedDuringHandshake: "the server closed the connection during the handshake"
    case .other(let reason): reason
    }
  }
}

extension CertificateProblem: CustomStringConvertible {
  /// What is wrong and what the user can do.
  package var description: String {
    switch self {
    case .wrongName(let expected, let names):
      "it is for \(names), not for \(expected); use a name that it holds"
    case .expired(let day): "it was valid until \(day) only; whoever runs the server must renew it"
    case .notYetValid(let day): "it is valid from \(day) on only; check this computer's clock"
    case .selfSigned(let subject):
      "it is self-signed (\(subject)); if you know it, save it to a file and give --tls-ca FILE"
    case .unknownIssuer(let issuer):
      "its issuer is unknown here (\(issuer)); if you trust that authority, save its certificate "
        + "to a file and give --tls-ca FILE"
    case .other(let reason): reason
    }
  }
}
