import Mail
import Platform
import TestSupport
import Testing

@testable import Journals

@Suite struct MailboxStatesTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory(inMemory: true) }

  private func state(_ uidNext: UInt32, outstanding: Int = 0) -> RecordedState {
    RecordedState(
      state: MailboxState(
        uidValidity: UIDValidity(7), uidNext: uidNext, messages: 3,
        highestModSeq: ModificationSequence(9)),
      outstanding: outstanding, archive: "131073")
  }

  @Test func `the golden file is read, the last record of a mailbox counting`() throws {
    try directory.put("states.journal", try golden("states.journal"))
    let states = try MailboxStates(in: directory.directory, readOnly: true)
    let state = try required(states["00112233aabbccdd"])
    #expect(state.state.uidNext == 12 && state.state.messages == 11)
    #expect(state.state.highestModSeq == ModificationSequence(45))
    #expect(state.archive == "131073" && state.outstanding == 0)
    #expect(states["ffeeddccbbaa9988"] == nil)
    #expect(states["0123456789abcdef"]?.state.isAbsent == true)
    #expect(states["no such"] == nil)
  }

  @Test func `a run that changes nothing writes nothing`() throws {
    let first = try MailboxStates(in: directory.directory, readOnly: false)
    #expect(try listDirectory(directory.path) == [])
    try first.record(state(4), for: "a")
    let bytes = try readBytes(directory.file("states.journal"))
    let second = try MailboxStates(in: directory.directory, readOnly: false)
    try second.record(state(4), for: "a")
    try second.forget("b")
    #expect(try readBytes(directory.file("states.journal")) == bytes)
    try second.record(state(5, outstanding: 2), for: "a")
    try second.forget("a")
    #expect(second["a"] == nil)
    #expect(try MailboxStates(in: directory.directory, readOnly: true)["a"] == nil)
  }

  @Test func `read-only remembers and does not write`() throws {
    let states = try MailboxStates(in: directory.directory, readOnly: true)
    try states.record(state(4), for: "a")
    #expect(states["a"] == state(4))
    #expect(try listDirectory(directory.path) == [])
  }

  @Test func `nothing is proved by states without modification sequences`() {
    var one = state(4).state
    #expect(one.provesUnchanged(since: one))
    one.highestModSeq = ModificationSequence(0)
    #expect(!one.provesUnchanged(since: one))
    var other = state(4).state
    other.messages = 4
    #expect(!other.provesUnchanged(since: state(4).state))
  }
}
