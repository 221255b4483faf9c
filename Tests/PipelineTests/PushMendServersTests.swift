import TestSupport
import Testing

@testable import Pipeline

/// Mended copies on servers that refuse mail.
@Suite struct PushMendServersTests {
  /// What is put into the archive, and its copy: an octet 0x80 for each `?`.
  private static let odd: [(String, String)] = [
    (
      "From a@b Mon Jan  5 10:00:00 2015\nSubject: unix\n\nText\n",
      "X-Mailarc-Mended: From a@b Mon Jan  5 10:00:00 2015\r\nSubject: unix\r\n\r\nText\r\n"
    ),
    (
      "Subject: junk\nno field\n folded\nTo: x\n\nText\n",
      "Subject: junk\r\nX-Mailarc-Mended: no field\r\n folded\r\nTo: x\r\n\r\nText\r\n"
    ),
    ("Subject : blank\n\nText\n", "Subject: blank\r\n\r\nText\r\n"),
    ("Subject: open", "Subject: open\r\n"),
    ("only text\nof two lines\n", "\r\nonly text\r\nof two lines\r\n"),
    (": no name\nSubject: x\n\n", "X-Mailarc-Mended: : no name\r\nSubject: x\r\n\r\n"),
    ("Subject: nul\0\n\na\0b\n", "Subject: nulX\r\n\r\na\0b\r\n"),
    ("", "X-Mailarc-Mended: empty\r\n\r\n"),
  ]

  @Test(.requires(.dovecot), .requires(.cyrus))
  func `Cyrus takes a copy of all that it refuses, and none of them twice`() async throws {
    let bench = try PushServersBench(.cyrus)
    try bench.source.append("plain")
    try await bench.pullSource()
    for (index, one) in Self.odd.enumerated() {
      let path = bench.archive + "/INBOX/cur/160000000\(index).odd:2,S"
      try writeBytes(path, Array(one.0.utf8))
      try setModificationTime(path, 1_600_000_000 + index)
    }
    let user = try bench.newUser()
    let refused = try await bench.push(user)
    // Of an mbox's line Cyrus says nothing.
    let count = Self.odd.count - 1
    #expect(refused.pushed == ["transferred": 2, "failures": count], "\(refused.failures)")
    let report = try await bench.push(user) { $0.mend = true }
    #expect(report.pushed == ["transferred": count, "present": 2], "\(report.failures)")
    #expect(report.exitStatus == .done)
    #expect(report.notices.filter { $0.kind == .mended }.count == count)
    let held = try bench.held(user)["INBOX"] ?? []
    for one in Self.odd.dropFirst() {
      let copies = held.filter { $0.body == Array(one.1.utf8) }
      #expect(copies.count == 1, "\(one.1.debugDescription)")
      #expect(copies.allSatisfy { $0.flags == ["\\seen"] && $0.date >= 1_600_000_000 })
    }
    #expect(held.count == Self.odd.count + 1)
    for mend in [false, true] {
      #expect(try await bench.push(user) { $0.mend = mend }.pushed == ["present": count + 2])
    }
    try bench.loseState()
    _ = try await bench.push(user) { $0.mend = true }
    #expect(try await bench.push(user).pushed == ["present": count + 2])
    #expect(try bench.held(user)["INBOX"]?.count == count + 2)
  }

  @Test(
    .requires(.dovecot), .requires(.courier), .requires(.mailutils),
    arguments: [ServerKind.dovecot, .courier, .mailutils])
  func `everything arrives, with a copy of what was refused, and once`(_ kind: ServerKind)
    async throws
  {
    let bench = try PushServersBench(kind)
    try bench.source.append("plain")
    try await bench.pullSource()
    for (index, one) in Self.odd.enumerated() {
      try writeBytes(
        bench.archive + "/INBOX/cur/160000000\(index).odd:2,S", Array(one.0.utf8))
    }
    let user = try bench.newUser()
    let report = try await bench.push(user) { $0.mend = true }
    let count = Self.odd.count + 1
    // GNU mailutils breaks off: what had arrived by then is found there.
    #expect(report.pushed.values.reduce(0, +) == count, "\(report.failures)")
    #expect(report.exitStatus == .done)
    for mend in [false, true] {
      #expect(try await bench.push(user) { $0.mend = mend }.pushed == ["present": count])
    }
    #expect(try bench.held(user)["INBOX"]?.count == count)
  }
}
