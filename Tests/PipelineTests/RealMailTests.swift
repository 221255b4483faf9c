import Foundation
import Journals
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Real mail, from the directory that `MAILARC_CORPUS` names: every file below it is taken for one
/// message, whatever it is.
@Suite(.enabled(if: RealMail.directory != nil, "MAILARC_CORPUS names no directory"))
struct RealMailTests {
  @Test func `what comes over the wire is stored and read back byte for byte`() throws {
    let directory = try TemporaryDirectory()
    let archive = try Archive.create(
      path: directory.file("archive"), account: "a@example.org", layout: .maildir)
    let mailbox = try archive.makeMailbox(.inbox)
    let journal = try PullJournal(
      in: try archive.state.ensureSubdirectory("pull"), key: "k", mailbox: .inbox, readOnly: false)
    let sink = DeliverMessages(
      mailbox: mailbox, key: MailboxKey(account: "a@example.org", mailbox: .inbox),
      uidValidity: UIDValidity(1), journal: journal, run: 1)
    var expected: [UID: ContentDigest] = [:]
    var generator = SeededGenerator(seed: 7)
    for (number, file) in try RealMail.files().enumerated() {
      let wire = RealMail.canonical(try Data(contentsOf: file))
      let uid = try #require(UID(UInt32(number + 1)))
      expected[uid] = SHA256.digest(of: wire.span)
      try sink.begin()
      var rest = wire[...]
      while !rest.isEmpty {
        let count = min(rest.count, Int.random(in: 1...70_000, using: &generator))
        try Array(rest.prefix(count)).withUnsafeBytes { try sink.write($0) }
        rest = rest.dropFirst(count)
      }
      try sink.finish(
        uid, flags: Flags(.seen), date: InternalDate(epochSeconds: Int64(number) * 1_000_003))
    }
    try sink.commit()
    #expect(expected.count > 100)
    let digester = DigestMessages()
    var found: [UID: ContentDigest] = [:]
    for message in try mailbox.scan() {
      let uid = try #require(message.origin?.uid)
      let content = try digester.run(message, in: mailbox)
      found[uid] = content.digest
      #expect(content.headerKey == journal.record.messages[uid]?.headerKey)
      #expect(content.size == journal.record.messages[uid]?.size)
    }
    #expect(found == expected)
    #expect(journal.record.messages.mapValues(\.digest) == expected)
  }
}

enum RealMail {
  static let directory = ProcessInfo.processInfo.environment["MAILARC_CORPUS"].map {
    URL(fileURLWithPath: $0, isDirectory: true)
  }

  /// Every file of at most 4 MiB.
  static func files() throws -> [URL] {
    guard let directory,
      let walk = FileManager.default.enumerator(
        at: directory, includingPropertiesForKeys: [.isRegularFileKey, .fileSizeKey])
    else { return [] }
    var files: [URL] = []
    for case let file as URL in walk {
      let values = try file.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
      if values.isRegularFile == true, values.fileSize ?? 0 <= 4 << 20 { files.append(file) }
    }
    return files.sorted { $0.path < $1.path }
  }

  /// A CR before each LF that has none: the form in which digests are taken.
  static func canonical(_ data: Data) -> [UInt8] {
    var wire: [UInt8] = []
    wire.reserveCapacity(data.count)
    for byte in data {
      if byte == 0x0A, wire.last != 0x0D { wire.append(0x0D) }
      wire.append(byte)
    }
    return wire
  }
}
