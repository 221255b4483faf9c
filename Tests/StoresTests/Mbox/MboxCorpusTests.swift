import Foundation
import Mail
import Platform
import Testing

@testable import Stores

/// Files that other programs wrote, from the directory that `MAILARC_CORPUS` names, if there is an
/// `INDEX.tsv` in it.
@Suite(.enabled(if: MboxCorpus.directory != nil, "MAILARC_CORPUS names no directory with an INDEX"))
struct MboxCorpusTests {
  @Test(arguments: try MboxCorpus.rows())
  func `as many messages are found as the index says`(_ row: MboxCorpus.Row) throws {
    let mbox = try ReadMbox(try MboxCorpus.bytes(row.path))
    #expect(
      mbox.messages.count == row.messages, "\(mbox.splitter.reason) \(mbox.splitter.evidence)")
    print(row.path.suffix(60), mbox.messages.count, row.messages, mbox.splitter.reason)
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
