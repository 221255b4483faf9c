import Foundation
import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// Files that other programs wrote, from the directory that `MAILARC_CORPUS` names, if there is an
/// `INDEX.tsv` in it.
@Suite(.enabled(if: MboxCorpus.directory != nil, "MAILARC_CORPUS names no directory with an INDEX"))
struct MboxCorpusTests {
  @Test(arguments: try MboxCorpus.rows())
  func `as many messages are found as the index says`(_ row: MboxCorpus.Row) throws {
    let mbox = try ReadMbox(try MboxCorpus.bytes(row.path))
    // The index counts lines with dates: it has UW's pseudo message among them, and not the messages
    // whose From_ line has no date.
    let hasPseudo = row.path.hasSuffix("uw-unix.INBOX")
    let expected = row.messages == 0 ? 1 : row.messages - (hasPseudo ? 1 : 0)
    #expect(mbox.messages.count == expected, "\(mbox.splitter.reason)")
  }
}

enum MboxCorpus {
  struct Row: CustomTestStringConvertible {
    let path: String
    let messages: Int
    var testDescription: String { path }
  }

  static let directory = ProcessInfo.processInfo.environment["MAILARC_CORPUS"].flatMap {
    FileManager.default.fileExists(atPath: $0 + "/INDEX.tsv") ? $0 : nil
  }

  static func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: (directory ?? "") + "/" + path)))
  }

  static func rows() throws -> [Row] {
    guard directory != nil else { return [] }
    return String(decoding: try bytes("INDEX.tsv"), as: UTF8.self).split(separator: "\n")
      .compactMap { line in
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count > 6, fields[1] == "mbox" || fields[1] == "mbox-derived",
          let messages = Int(fields[6])
        else { return nil }
        return Row(path: String(fields[0]), messages: messages)
      }
  }
}

/// A Dovecot mbox store beside what Dovecot itself shows of it over IMAP.
@Suite(.enabled(if: MboxCorpus.directory != nil, "MAILARC_CORPUS names no directory with an INDEX"))
struct DovecotStoreTests {
  @Test func `mbox files of Dovecot are read as Dovecot shows them`() throws {
    let temporary = try TemporaryDirectory()
    let archive = (MboxCorpus.directory ?? "") + "/stores/dovecot-mbox.tar.gz"
    try runSuccessfully("/bin/tar", ["-xzf", archive, "-C", temporary.path])
    var expected: [String: [String]] = [:]
    let view = String(
      decoding: try MboxCorpus.bytes("stores/dovecot-mbox.imap-view.tsv"), as: UTF8.self)
    for line in view.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard fields.count > 6 else {
        expected[fields[0]] = []
        continue
      }
      expected[fields[0], default: []].append(
        Self.shown(
          Flags(imap: fields[3].split(separator: " ").map(String.init)), date: fields[4],
          size: fields[5], digest: fields[6]))
    }
    for (folder, messages) in expected {
      let path = folder == "INBOX" ? "inbox" : "mail/" + folder
      let parts = ("dovecot-mbox/" + path).split(separator: "/").map(String.init)
      let root = try Directory.open(path: temporary.path)
      let mailbox = MboxMailbox(
        name: .inbox, in: try root.openPath(Array(parts.dropLast())),
        Array(parts[parts.count - 1].utf8),
        dialect: nil)
      let found = try mailbox.scan().map { try Self.shown($0, in: mailbox) }
      let explanation = try mailbox.explanation()
      #expect(found == messages, "\(folder): \(explanation)")
    }
    #expect(expected.values.map(\.count).reduce(0, +) == 110)
  }

  private static func shown(_ message: StoredMessage, in mailbox: MboxMailbox) throws -> String {
    var content: [UInt8] = []
    try mailbox.open(message).forEachChunk { content += Array($0) }
    var wire: [UInt8] = []
    for byte in content {
      if byte == .lineFeed, message.scanned?.isWireForm == false { wire.append(.carriageReturn) }
      wire.append(byte)
    }
    return shown(
      message.flags, date: try mailbox.internalDate(of: message).imapForm ?? "",
      size: "\(wire.count)", digest: "\(SHA256.digest(of: wire.span))")
  }

  private static func shown(_ flags: Flags, date: String, size: String, digest: String) -> String {
    "\(flags) \(date) \(size) \(digest)"
  }
}
