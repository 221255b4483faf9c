import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// What a power cut leaves of an append: any part of it, with zeros in place of the rest.
struct MboxPowerCutTests {
  private static let texts = (0..<4).map { index in
    "Subject: \(index)\n\n" + String(repeating: "line \(index)\n", count: 200)
  }

  /// An archive as it is while an append is not flushed yet, and where that begins.
  private func interrupted(
    _ layout: ArchiveIdentity.Layout, _ temporary: TemporaryDirectory
  ) throws -> (path: String, file: String, start: Int64, size: Int64) {
    let archive = try Fixture(layout, in: temporary).archive
    let mailbox = try required(try archive.makeMailbox(.inbox) as? MboxStore)
    try mailbox.deliver("old\n", uid: 1)
    let start = try archive.root.status(of: mailbox.fileName).size
    let prepared = try Self.texts.enumerated().map { index, text in
      try mailbox.prepare(text, origin: Fixture.origin(UInt32(index + 10)))
    }
    _ = try mailbox.commit(prepared, durably: false)
    let copy = temporary.file("interrupted")
    try runSuccessfully("/bin/cp", ["-r", archive.root.path, copy])
    return (
      copy, mailbox.fileName, start, try archive.root.status(of: mailbox.fileName).size
    )
  }

  /// Opens a copy in which some bytes differ, delivers once more, and gives what there is.
  private func recovered(
    _ path: String, _ file: String, putting bytes: [UInt8], at offset: Int64
  ) throws -> [String] {
    let copy = path + "-copy"
    try runSuccessfully("/bin/rm", ["-rf", copy])
    try runSuccessfully("/bin/cp", ["-r", path, copy])
    do {
      let opened = try Directory.open(path: copy).openForUpdate(file)
      try opened.seek(to: offset)
      try opened.write(bytes.span)
    }
    let archive = try Archive.open(path: copy, for: .writing)
    let mailbox = try required(try archive.mailbox(.inbox))
    let prepared = try Self.texts.enumerated().map { index, text in
      try mailbox.prepare(text, origin: Fixture.origin(UInt32(index + 10)))
    }
    _ = try mailbox.commit(prepared, durably: true)
    return try mailbox.scan().map { try mailbox.text(of: $0) }
  }

  @Test(arguments: [ArchiveIdentity.Layout.mbox, .mboxGzip])
  func `a hole anywhere costs no message and leaves none that is broken`(
    _ layout: ArchiveIdentity.Layout
  ) throws {
    let temporary = try TemporaryDirectory(inMemory: true)
    let state = try interrupted(layout, temporary)
    var offset = state.start
    var tried = 0
    while offset < state.size {
      let end = min(state.size, (offset / 512 + 1) * 512)
      let zeros = [UInt8](repeating: 0, count: Int(end - offset))
      let found = try recovered(state.path, state.file, putting: zeros, at: offset)
      #expect(found == ["old\n"] + Self.texts, "zeros from \(offset) to \(end) of \(state.size)")
      offset = end
      tried += 1
    }
    #expect(tried > (layout == .mbox ? 10 : 0))
  }

  @Test func `a message that somebody changed meanwhile is theirs`() throws {
    let temporary = try TemporaryDirectory(inMemory: true)
    let state = try interrupted(.mbox, temporary)
    let changed = Array("LINE 3\n".utf8)
    let found = try recovered(
      state.path, state.file, putting: changed, at: state.size - Int64(changed.count) - 1)
    #expect(found.count == Self.texts.count + 2)
    #expect(found.contains { $0.hasSuffix("line 3\nLINE 3\n") })
    #expect(Array(found.suffix(1)) == Array(Self.texts.suffix(1)))
  }

  @Test func `what somebody appended behind a hole stays`() throws {
    let temporary = try TemporaryDirectory(inMemory: true)
    let state = try interrupted(.mbox, temporary)
    let theirs = "\n\nFrom a@example.org Tue Nov 14 22:13:20 2023\nSubject: theirs\n\nText\n\n"
    let bytes = [UInt8](repeating: 0, count: 1024) + Array(theirs.utf8)
    let found = try recovered(
      state.path, state.file, putting: bytes, at: state.size - Int64(bytes.count))
    #expect(found.contains("Subject: theirs\n\nText\n"))
    for text in Self.texts { #expect(found.contains(text)) }
  }
}
