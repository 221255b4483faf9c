/// What a server may make a session hold or wait for; messages are streamed and have no limit.
package struct POP3Limits: Sendable, Equatable {
  /// The most octets of one line that is no part of a message.
  package var lineLength: Int

  /// The most octets of one UIDL; the standard says 70.
  package var uidlLength: Int

  /// The most lines of one listing.
  package var listingLines: Int

  /// The most octets of all lines of one listing together.
  package var listingOctets: Int

  /// The most lines of what the server says that it can do.
  package var capabilityLines: Int

  /// Sets every limit; there are no defaults on purpose.
  package init(
    lineLength: Int, uidlLength: Int, listingLines: Int, listingOctets: Int, capabilityLines: Int
  ) {
    self.lineLength = lineLength
    self.uidlLength = uidlLength
    self.listingLines = listingLines
    self.listingOctets = listingOctets
    self.capabilityLines = capabilityLines
  }

  /// Enough for every honest server: 8 KiB lines, UIDLs of 512 octets, two million messages.
  package static let standard = POP3Limits(
    lineLength: 8 << 10, uidlLength: 512, listingLines: 2_000_000, listingOctets: 160 << 20,
    capabilityLines: 1_000)
}
