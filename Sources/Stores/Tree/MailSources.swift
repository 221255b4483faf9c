/// Where mail is read from.
package enum MailSources {
  /// Opens an archive for reading where there is one, else whatever other programs left there.
  ///
  /// Nothing is ever written. All of a foreign tree is looked at, so this may take its time.
  /// - Parameters:
  ///   - path: a directory or a file; symbolic links in the path itself are followed.
  ///   - mboxDialect: how foreign mbox files are to be read; nil for what each file shows.
  /// - Returns: an `Archive` or a `ForeignTree`.
  /// - Throws: what `Archive.open` throws for an archive; `notFound`, `noMail`, `unreadable`, `system`.
  package static func open(
    path: String, mboxDialect: MboxDialect?
  ) throws(StoreError) -> any MailSource {
    if try Archive.exists(path: path) { return try Archive.open(path: path, for: .reading) }
    return try ForeignTree(path: path, mboxDialect: mboxDialect)
  }
}
