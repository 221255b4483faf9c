package import Mail

/// A mended copy of a message that the target refused as it is.
package struct MendedCopy: Equatable, Sendable {
  /// Of the archive's message: what an entry has of it.
  package let original: ContentDigest
  /// Of the copy, as it is sent: what an intent has of it.
  package let sent: ContentDigest
  /// Of the copy's header.
  package let headerKey: HeaderKey
  /// Octets of the copy.
  package let size: Int64
  /// What was mended, and how often.
  package let mends: [Mend: Int]
  /// The words with which the message was refused.
  package let reason: String

  package init(
    original: ContentDigest, sent: ContentDigest, headerKey: HeaderKey, size: Int64,
    mends: [Mend: Int], reason: String
  ) {
    self.original = original
    self.sent = sent
    self.headerKey = headerKey
    self.size = size
    self.mends = mends
    self.reason = reason
  }
}

extension MendedCopy {
  /// Reads a record's fields; mends of a later version are left out.
  init?(_ reader: inout FieldReader) {
    guard let original = reader.digest(), let sent = reader.digest(),
      let headerKey = reader.headerKey(), let size: Int64 = reader.number(),
      let mends = reader.text(), let reason = reader.text()
    else { return nil }
    var counts: [Mend: Int] = [:]
    for word in mends.split(separator: " ") {
      let parts = word.split(separator: ":")
      guard parts.count == 2, let mend = Mend(rawValue: String(parts[0])), let count = Int(parts[1])
      else { continue }
      counts[mend] = count
    }
    self.init(
      original: original, sent: sent, headerKey: headerKey, size: size, mends: counts,
      reason: reason)
  }

  var journalFields: [String] {
    let words = Mend.allCases.compactMap { mend in mends[mend].map { "\(mend.rawValue):\($0)" } }
    return [
      "\(original)", "\(sent)", "\(headerKey)", "\(size)", words.joined(separator: " "), reason,
    ]
  }
}
