import Testing

@testable import Stores

struct DirectoryNameTests {
  @Test(arguments: try golden("directory-names.txt"))
  func `a component is written as the golden file says, and read back`(_ row: [String]) {
    let component = Self.unescape(row[0])
    let directories = DirectoryName.encode(component, form: .plain)
    #expect(directories.joined(separator: "/") == row[1])
    #expect(Self.decode(directories) == component)
  }

  private static func unescape(_ text: String) -> String {
    var parts = text.split(separator: "\\x", omittingEmptySubsequences: false)[...]
    var result = String(parts.popFirst() ?? "")
    for part in parts {
      if let value = UInt32(part.prefix(2), radix: 16), let scalar = Unicode.Scalar(value) {
        result.unicodeScalars.append(scalar)
      }
      result += part.dropFirst(2)
    }
    return result
  }

  /// The component that a chain of directories stands for; nil where one stands for none.
  private static func decode(_ directories: [String]) -> String? {
    var text = ""
    for (index, directory) in directories.enumerated() {
      guard let reading = DirectoryName.decode(Array(directory.utf8)),
        reading.continues == (index + 1 < directories.count)
      else { return nil }
      text += reading.text
    }
    return text
  }

  @Test(arguments: ["cur", "new", "tmp", ".", "..", ".mailarc", ".hidden", ""])
  func `some directories are never mailboxes`(_ name: String) {
    #expect(DirectoryName.decode(Array(name.utf8)) == nil)
  }

  @Test(arguments: [
    "Sent", "100%", "50%2", "a%2fb", "a%41", "x%2E", "%63urx", "%zz", "%", "%%", "a%25", "%25b",
    "%!Foo", "%!", "Cur", "b%+c", "%+",
  ])
  func `a name made by hand stands for itself`(_ name: String) {
    #expect(DirectoryName.decode(Array(name.utf8))?.text == name)
    #expect(DirectoryName.encode(name, form: .plain) == [name])
  }

  @Test func `bytes that are not UTF-8 are no name`() {
    #expect(DirectoryName.decode([0x41, 0xFF]) == nil)
  }

  /// Pieces that escapes and reserved names are made of, so that random strings meet them.
  private static let pieces = [
    "%", "%", "2", "5", "F", "f", "E", "63", "ur", "cur", "6Eew", "new", "%74mp", "!", "+", "/",
    ".", "a", "Z", " ", "\u{0}", "\u{1F}", "\u{7F}", "é", "e\u{301}", "日", "😀", "%25", "%2F",
  ]

  private static func randomName(_ random: inout SeededGenerator) -> String {
    let count = Int.random(in: 0..<100, using: &random) == 0 ? 300 : 7
    return (0..<Int.random(in: 1...count, using: &random))
      .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }

  @Test(arguments: DirectoryName.Form.allCases)
  func `every component comes back and no two share a directory`(_ form: DirectoryName.Form) {
    var random = SeededGenerator(seed: 1)
    var owners: [[[UInt8]]: [UInt8]] = [:]
    for _ in 0..<10_000 {
      let name = Self.randomName(&random)
      let directories = DirectoryName.encode(name, form: form)
      for directory in directories {
        let bytes = Array(directory.utf8)
        #expect(bytes.count <= 255 && !bytes.contains(0) && !bytes.contains(UInt8(ascii: "/")))
        #expect(DirectoryName.decode(bytes)?.isSafeForm == (form == .safe))
      }
      #expect(Self.decode(directories).map { Array($0.utf8) } == Array(name.utf8))
      let owner = owners.updateValue(Array(name.utf8), forKey: directories.map { Array($0.utf8) })
      #expect(owner == nil || owner == Array(name.utf8))
    }
  }

  @Test func `the safe form knows no case and only ASCII`() {
    var random = SeededGenerator(seed: 2)
    var seen: [String: String] = [:]
    for _ in 0..<3_000 {
      let name = Self.randomName(&random)
      let folded = DirectoryName.encode(name, form: .safe).joined(separator: "/").lowercased()
      #expect(folded.utf8.allSatisfy { $0 < 0x80 })
      let other = seen.updateValue(name, forKey: folded)
      #expect(other == nil || other?.utf8.elementsEqual(name.utf8) == true)
    }
  }

  // Raw control characters aside: mailarc writes none, and a walk that meets both forms says so.
  @Test func `two directories made by hand never stand for one component`() {
    var random = SeededGenerator(seed: 3)
    var owners: [[UInt8]: [UInt8]] = [:]
    for _ in 0..<10_000 {
      let directory = Array(
        Self.randomName(&random).utf8.filter { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }
          .prefix(255))
      guard let reading = DirectoryName.decode(directory), !reading.isSafeForm, !reading.continues
      else { continue }
      let owner = owners.updateValue(directory, forKey: Array(reading.text.utf8))
      #expect(owner == nil || owner == directory)
      #expect(
        DirectoryName.encode(reading.text, form: .plain).map { Array($0.utf8) } == [directory])
    }
  }
}
