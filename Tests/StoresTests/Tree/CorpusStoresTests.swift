import Foundation
import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// The stores of real programs in the directory that `MAILARC_CORPUS` names: tarballs, and beside some
/// of them what the program's own server shows.
@Suite(.enabled(if: CorpusStores.directory != nil, "MAILARC_CORPUS has no stores"))
struct CorpusStoresTests {
  @Test(arguments: CorpusStores.names(withView: true))
  func `a store shows what its own server shows`(name: String) throws {
    let store = try CorpusStores.unpack(name)
    let expected = try CorpusStores.view(of: name)
    let shown = try CorpusStores.read(store.source)
    #expect(expected.count > 8)
    for (folder, messages) in expected {
      let found = try #require(shown[folder], "\(folder) is missing")
      #expect(found.count == messages.count, "\(folder)")
      for (one, other) in zip(found, messages) { #expect(one == other, "\(folder)") }
    }
    #expect(Set(shown.keys) == Set(expected.keys))
    let tree = try store.source.mailboxes()
    #expect(tree.unreadable == [])
    #expect(tree.passedOver == [])
  }

  @Test(arguments: CorpusStores.names(withView: false))
  func `a store has as many messages as the index says`(name: String) throws {
    let store = try CorpusStores.unpack(name)
    let shown = try CorpusStores.read(store.source)
    #expect(try shown.values.reduce(0) { $0 + $1.count } == CorpusStores.count(of: name))
  }
}

/// What is compared of a message.
struct ShownMessage: Equatable, CustomStringConvertible {
  let flags: [String]
  let date: InternalDate
  let size: Int64
  let digest: String

  var description: String { "\(flags) \(date) \(size) \(digest.prefix(12))" }
}

enum CorpusStores {
  /// Where the tarballs are.
  static let directory: String? = ProcessInfo.processInfo.environment["MAILARC_CORPUS"].flatMap {
    corpus in
    [corpus + "/stores", corpus + "/public/stores"].first {
      FileManager.default.fileExists(atPath: $0)
    }
  }

  static func names(withView: Bool) -> [String] {
    guard let directory, let files = try? FileManager.default.contentsOfDirectory(atPath: directory)
    else { return [] }
    return files.filter { $0.hasSuffix(".tar.gz") }.map { String($0.dropLast(7)) }
      .filter { files.contains("\($0).imap-view.tsv") == withView }.sorted()
  }

  /// A store, unpacked for as long as the value lives.
  struct Unpacked {
    let temporary: TemporaryDirectory
    let source: any MailSource
  }

  static func unpack(_ name: String) throws -> Unpacked {
    let temporary = try TemporaryDirectory()
    try runSuccessfully(
      "/bin/tar", ["-xzf", "\(try required(directory))/\(name).tar.gz", "-C", temporary.path])
    let source = try MailSources.open(path: temporary.file(name), mboxDialect: nil)
    return Unpacked(temporary: temporary, source: source)
  }

  private static func lines(_ path: String) throws -> [[String]] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// The messages of each mailbox in the server's order.
  ///
  /// Courier's server puts a prefix before all names but INBOX; the separator is that of the layout.
  static func view(of name: String) throws -> [String: [ShownMessage]] {
    let isNested = name.hasSuffix("fs") || name.hasSuffix("mbox")
    var view: [String: [ShownMessage]] = [:]
    for fields in try lines("\(try required(directory))/\(name).imap-view.tsv").dropFirst() {
      let wire = fields[0].hasPrefix("INBOX.") ? String(fields[0].dropFirst(6)) : fields[0]
      let parts = wire.split(separator: isNested ? "/" : ".").map {
        ModifiedUTF7.decode(Array($0.utf8)) ?? "?"
      }
      let folder = try required(MailboxName(parts)).description
      // A mailbox without messages has a line without any.
      guard fields.count > 6, let date = InternalDate(imap: fields[4].utf8) else {
        view[folder] = []
        continue
      }
      view[folder, default: []].append(
        ShownMessage(
          flags: Flags(imap: fields[3].split(separator: " ").map(String.init)).imapNames,
          date: date,
          size: try required(Int64(fields[5])),
          digest: fields[6]))
    }
    return view
  }

  /// The messages of each mailbox, in the form in which a server shows them.
  static func read(_ source: any MailSource) throws -> [String: [ShownMessage]] {
    var shown: [String: [ShownMessage]] = [:]
    for place in try source.mailboxes().mailboxes {
      let mailbox = try source.mailbox(at: place)
      shown[place.name.description] = try mailbox.scan().map { message in
        var bytes: [UInt8] = []
        try mailbox.open(message).forEachChunk { bytes += Array($0) }
        let wire = wireForm(bytes)
        return ShownMessage(
          flags: message.flags.imapNames, date: try mailbox.internalDate(of: message),
          size: Int64(wire.count), digest: "\(SHA256.digest(of: wire.span))")
      }
      #expect(mailbox.damage.isEmpty)
    }
    return shown
  }

  private static func wireForm(_ bytes: [UInt8]) -> [UInt8] {
    var census = LineEndCensus()
    bytes.withUnsafeBytes { census.count($0) }
    if census.isWireForm { return bytes }
    return bytes.flatMap { $0 == .lineFeed ? [.carriageReturn, .lineFeed] : [$0] }
  }

  /// The count of the corpus' index.
  static func count(of name: String) throws -> Int {
    let path = "\(try required(directory))/../INDEX.tsv"
    let line = try lines(path).first { $0[0] == "stores/\(name).tar.gz" }
    return try required(Int(required(line)[6]))
  }
}
