import Mail

extension MessageOrigin {
  /// Where the message of a file was fetched, as its base name says; nil where it says nothing.
  package init?(baseName: some Sequence<UInt8>) {
    guard let origin = MaildirName(Array(baseName)).origin else { return nil }
    self = origin
  }
}
