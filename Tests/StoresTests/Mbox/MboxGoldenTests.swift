import Mail
import Platform
import Testing

@testable import Stores

/// Files as other programs write them, in `formats/golden`.
struct MboxGoldenTests {
  static func names() throws -> [String] {
    Set(try golden("mbox-foreign.txt").map { $0[0] }).sorted()
  }

  @Test(arguments: try names(), [1000, 1001, 1 << 12])
  func `a file is read as the table says, however it is cut`(_ name: String, _ extra: Int) throws {
    let rows = try golden("mbox-foreign.txt").filter { $0[0] == name }.map { Array($0.dropFirst()) }
    let mbox = try ReadMbox(
      try goldenBytes(name), blockSize: 2, longLine: extra + 1, chunk: extra % 13 + 1)
    let found = mbox.messages.enumerated().map { number, message in
      [
        mbox.splitter.dialect.rawValue, "\(number + 1)",
        message.flags.imapNames.flatMap { $0.split(separator: " ") }.sorted()
          .joined(separator: " "),
        message.date.map { "\($0.epochSeconds)" } ?? "-",
        String("\(SHA256.digest(of: message.content.span))".prefix(16)),
      ]
    }
    #expect(found == rows, "\(mbox.splitter.reason): \(mbox.texts)")
  }
}

/// A golden file, byte for byte.
private func goldenBytes(_ name: String, file: String = #filePath) throws -> [UInt8] {
  let root = file.split(separator: "/").dropLast(4).joined(separator: "/")
  return try Directory.open(path: "/\(root)/formats/golden").readWhole(name, limit: 1 << 20)
}
