import Mail
import Testing

struct UIDSetTests {
  private static func set(_ values: some Sequence<UInt32>) -> UIDSet {
    UIDSet(values.compactMap { UID($0) })
  }

  private static func values(_ set: UIDSet) -> Set<UInt32> { Set(set.uids.map(\.value)) }

  @Test func `a UID is never zero`() {
    #expect(UID(0) == nil)
    #expect(UID(1)?.description == "1")
    #expect(UIDValidity(0).description == "0")
    #expect(ModificationSequence(1) < ModificationSequence(.max))
  }

  @Test(arguments: [
    ("1", "1"), ("1:4,7", "1:4,7"), ("4:1", "1:4"), ("7,1:4,5", "1:5,7"), ("1,1,1", "1"),
    ("1:10,3:5", "1:10"), ("4294967295", "4294967295"),
    ("4294967294,4294967295", "4294967294:4294967295"),
    ("1:4294967295", "1:4294967295"), ("0000000007", "7"),
  ])
  func `a set is parsed and written in order`(_ text: String, _ expected: String) {
    #expect(UIDSet(parsing: text.utf8)?.description == expected)
  }

  @Test(arguments: [
    "", "0", "1:", ":1", "1,,2", ",1", "1,", "*", "1:*", "a", "1:2:3", "4294967296", "-1", "1 ",
    "00000000001", "0:5",
  ])
  func `what is no set is refused`(_ text: String) {
    #expect(UIDSet(parsing: text.utf8) == nil)
  }

  @Test(arguments: 1...20)
  func `algebra agrees with Set`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let limit = UInt32.random(in: 2...60, using: &random)
    func draw() -> Set<UInt32> {
      Set(
        (0..<Int.random(in: 0...40, using: &random)).map { _ in
          UInt32.random(in: 1...limit, using: &random)
        })
    }
    for _ in 0..<100 {
      let (one, other) = (draw(), draw())
      let (left, right) = (Self.set(one.shuffled(using: &random)), Self.set(other))
      #expect(Self.values(left) == one)
      #expect(left.count == one.count)
      #expect(left.isEmpty == one.isEmpty)
      #expect(left.first?.value == one.min())
      #expect(left.last?.value == one.max())
      #expect(Self.values(left.union(right)) == one.union(other))
      #expect(Self.values(left.subtracting(right)) == one.subtracting(other))
      #expect(Self.values(left.intersection(right)) == one.intersection(other))
      for value in 1...limit {
        let uid = try #require(UID(value))
        #expect(left.contains(uid) == one.contains(value))
      }
      var grown = UIDSet()
      for value in one.shuffled(using: &random) { grown.insert(try #require(UID(value))) }
      #expect(grown == left)
      let text = left.description
      #expect(text.isEmpty ? left.isEmpty : UIDSet(parsing: text.utf8) == left)
      // Canonical: ranges neither overlap nor touch.
      for (range, next) in zip(left.ranges, left.ranges.dropFirst()) {
        #expect(range.upperBound + 1 < next.lowerBound)
      }
    }
  }

  @Test(arguments: 1...10)
  func `chunks hold everything in order and keep their limits`(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let set = Self.set((0..<200).map { _ in UInt32.random(in: 1...500, using: &random) })
    for count in [1, 2, 7, 50, 1000] {
      for ranges in [1, 3, 100] {
        let chunks = set.chunks(ofAtMost: count, ranges: ranges)
        #expect(chunks.allSatisfy { !$0.isEmpty && $0.count <= count && $0.ranges.count <= ranges })
        #expect(chunks.flatMap { Array($0.uids) } == Array(set.uids))
      }
    }
    #expect(UIDSet().chunks(ofAtMost: 5, ranges: 5).isEmpty)
  }

  @Test func `the ends of the range of UIDs are no trouble`() throws {
    let last = try #require(UID(.max))
    let first = try #require(UID(1))
    let all = UIDSet(first...last)
    #expect(all.count == Int(UInt32.max))
    #expect(all.contains(last))
    var set: UIDSet = [last]
    set.insert(last)
    #expect(set.description == "4294967295")
    #expect(all.subtracting(set).last?.value == UInt32.max - 1)
    #expect(all.subtracting([first]).first?.value == 2)
    #expect(all.subtracting(all).isEmpty)
    #expect(all.intersection(set) == set)
    #expect(all.union(set) == all)
    #expect(
      all.chunks(ofAtMost: 1 << 31, ranges: 9).map(\.description) == [
        "1:2147483648", "2147483649:4294967295",
      ])
  }
}
