/// What limits one or more mailboxes together (RFC 9208).
package struct Quota: Hashable, Sendable {
  /// Something that is counted, by how much there is and may be.
  package struct Resource: Hashable, Sendable {
    /// Its name in upper case, such as `STORAGE` or `MESSAGE`.
    package var name: String
    /// How much there is, in the units of the resource.
    package var usage: UInt64
    /// How much there may be.
    package var limit: UInt64

    /// A resource with its numbers.
    package init(name: String, usage: UInt64, limit: UInt64) {
      self.name = name
      self.usage = usage
      self.limit = limit
    }
  }

  /// What it is called, which may be nothing at all.
  package var root: [UInt8]
  /// What is counted; none where nothing is limited.
  package var resources: [Resource]

  /// What is limited under a name.
  package init(root: [UInt8], resources: [Resource]) {
    self.root = root
    self.resources = resources
  }

  /// The octets of all mail, which the protocol counts in units of 1024; nil where they are not limited.
  package var octets: (usage: UInt64, limit: UInt64)? {
    resources.first { $0.name == "STORAGE" }.map { storage in
      func octets(_ units: UInt64) -> UInt64 {
        let (octets, overflow) = units.multipliedReportingOverflow(by: 1024)
        return overflow ? .max : octets
      }
      return (octets(storage.usage), octets(storage.limit))
    }
  }

  /// The messages; nil where they are not limited.
  package var messages: (usage: UInt64, limit: UInt64)? {
    resources.first { $0.name == "MESSAGE" }.map { ($0.usage, $0.limit) }
  }
}
