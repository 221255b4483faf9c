import Mail
import Testing

@testable import Stores

struct MaildirNameTests {
  @Test(arguments: try golden("maildir-names.txt"))
  func `a name says what the golden file says`(_ row: [String]) throws {
    let name = MaildirName(Array(row[0].utf8))
    let shown: [String] = [
      name.date.map { String($0.epochSeconds) } ?? "-",
      name.origin.map { $0.uidValidity.description } ?? "-",
      name.origin.map { $0.uid.description } ?? "-",
      name.origin.map { $0.mailboxKey.hex } ?? "-",
      name.size.map { String($0) } ?? "-",
      name.wireSize.map { String($0) } ?? "-",
      String(decoding: name.letters, as: UTF8.self),
    ]
    #expect(shown == Array(row.dropFirst()))
    #expect(name.isOurs == (row[1] != "-"))
    if name.letters.isEmpty {
      #expect(name.bytes.starts(with: name.base))
    } else {
      #expect(Array(name.base) + Array(":2,".utf8) + name.letters + name.tail == name.bytes)
    }
  }

  @Test func `a name that is made is read back`() throws {
    let origin = try Fixture.origin(42)
    for number in [0, 2] {
      let name = MaildirName(
        MaildirName.base(
          date: InternalDate(epochSeconds: -1), unique: MaildirName.originPart(origin),
          duplicate: number, size: 5, wireSize: 6))
      #expect(name.origin == origin)
      #expect(name.date == InternalDate(epochSeconds: -1))
      #expect(name.size == 5)
      #expect(name.wireSize == 6)
    }
  }

  @Test(arguments: try golden("maildir-names.txt"))
  func `a number that sets names apart leaves them readable`(_ row: [String]) throws {
    let name = MaildirName(Array(row[0].utf8))
    let first = MaildirName(name.base(distinguishedBy: 7))
    #expect(first.base != name.base)
    #expect(first.origin == name.origin)
    #expect(first.date == name.date)
    #expect(first.size == name.size)
    #expect(first.wireSize == name.wireSize)
    let second = MaildirName(first.base(distinguishedBy: 8))
    #expect(second.base != first.base)
    #expect(second.origin == name.origin)
  }

  @Test func `bytes that are not UTF-8 stay what they are`() {
    let bytes: [UInt8] = [0x31, 0xFF, 0xFE] + Array(":2,S".utf8)
    let name = MaildirName(bytes)
    #expect(Array(name.base) == [0x31, 0xFF, 0xFE])
    #expect(Array(name.letters) == [UInt8(ascii: "S")])
  }

  @Test func `a mailbox key is the beginning of a SHA-256`() throws {
    // printf 'ada@example.org\0INBOX' | sha256sum
    #expect(MailboxKey(account: "ada@example.org", mailbox: .inbox).hex == "9dfbc6a35e7d1e72")
    #expect(MailboxKey(value: 10).hex == "000000000000000a")
  }
}
