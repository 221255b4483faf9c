/// A violation after which the stream of octets can't be followed any more.
///
/// The connection has to be closed. Once thrown, the session throws it again on every call.
package enum POP3Error: Error, Sendable, Equatable {
  /// The first line is no POP3 greeting (RFC 1939, section 4).
  case notAPOP3Server(Evidence)

  /// A line that answers nothing that was asked, or is no answer at all.
  case outOfStep(Evidence)

  /// A line, not of a message, grew beyond `POP3Limits.lineLength`.
  case lineTooLong(limit: Int, Evidence)

  /// A listing has more lines, or more octets, than `POP3Limits` allow.
  case listingTooLong(limit: Int)

  /// STAT was answered without a number of messages.
  case unreadableStatus(Evidence)

  /// Something came in plaintext behind the answer to STLS, which no honest server sends.
  case bytesBeforeTLS

  /// The same error with other evidence.
  package func mapEvidence(_ change: (Evidence) -> Evidence) -> POP3Error {
    switch self {
    case .notAPOP3Server(let evidence): .notAPOP3Server(change(evidence))
    case .outOfStep(let evidence): .outOfStep(change(evidence))
    case .lineTooLong(let limit, let evidence): .lineTooLong(limit: limit, change(evidence))
    case .unreadableStatus(let evidence): .unreadableStatus(change(evidence))
    case .listingTooLong, .bytesBeforeTLS: self
    }
  }
}

extension POP3Error: CustomStringConvertible {
  /// What is wrong, with what the server said; for whoever runs the server.
  package var description: String {
    switch self {
    case .notAPOP3Server(let evidence): "it does not greet as a POP3 server: \(evidence)"
    case .outOfStep(let evidence): "it said what answers nothing: \(evidence)"
    case .lineTooLong(let limit, let evidence): "a line of more than \(limit) octets: \(evidence)"
    case .listingTooLong(let limit): "a listing of more than \(limit) lines or octets"
    case .unreadableStatus(let evidence): "STAT was answered without numbers: \(evidence)"
    case .bytesBeforeTLS: "it spoke before the encryption began, which no honest server does"
    }
  }
}
