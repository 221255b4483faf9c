import Glibc
import Journals
import Mail
import Platform
import Protocols
import TestSupport
import Testing
import Transport

@testable import Clients
@testable import Pipeline

/// What `ObserveSource` asks and concludes, command by command.
@Suite struct PullObserveTests {
  private func observe(
    _ transcript: String, known: MailboxState? = nil, present: String = "", enable: Bool = false
  ) throws -> (state: MailboxState, present: String, flags: [UInt32: String]) {
    let server = try #require(ScriptedServer(Transcript(transcript)))
    let channel = TCPChannel(
      connected: FileDescriptor(owning: server.clientDescriptor), peer: "script",
      interruption: nil)
    let account = ServerAccount(
      service: .imap, user: "ada", password: Secret(""), host: "script", port: 1,
      security: .plaintextAllowed, trust: .system, timeout: 10, identity: "ada")
    let connection = IMAPConnection(ServerStream(account: account, channel: channel))
    _ = try connection.next()
    if enable { try connection.run(.enable([.qResync]), "ENABLE") }
    let observation = try ObserveSource(
      connection: connection, mailbox: RawMailboxName(bytes: Array("INBOX".utf8)),
      known: known.map { RecordedState(state: $0, outstanding: 0, archive: "") },
      knownPresent: UIDSet(parsing: Array(present.utf8)) ?? UIDSet()
    ).run()
    #expect(server.finish().flatMap(\.problems) == [])
    let flags = observation.listing.flags.map { ($0.key.value, $0.value.description) }
    return (
      observation.state, "\(observation.listing.present)", Dictionary(uniqueKeysWithValues: flags)
    )
  }

  private func state(
    _ validity: UInt32, next: UInt32, messages: UInt32, modSeq: UInt64
  ) -> MailboxState {
    MailboxState(
      uidValidity: UIDValidity(validity), uidNext: next, messages: messages,
      highestModSeq: ModificationSequence(modSeq))
  }

  private static func examine(
    _ capabilities: String, _ parameter: String, exists: Int, modSeq: String = ""
  ) -> String {
    """
    S: * PREAUTH [CAPABILITY IMAP4rev1 \(capabilities)] hello
    C~ $1 EXAMINE "INBOX"\(parameter)
    S: * \(exists) EXISTS
    S: * OK [UIDVALIDITY 7] x
    S: * OK [UIDNEXT 20] x
    \(modSeq.isEmpty ? "" : "S: * OK [HIGHESTMODSEQ \(modSeq)] x")
    S: $1 OK [READ-ONLY] done

    """
  }

  private static let everything = """
    C: $2 UID FETCH 1:* (UID FLAGS)
    S: * 1 FETCH (UID 3 FLAGS (\\Seen))
    S: * 2 FETCH (FLAGS (\\Flagged Key) UID 5)
    S: $2 OK done
    """

  @Test func `without extensions all flags are asked for`() throws {
    let found = try observe(Self.examine("", "", exists: 2) + Self.everything)
    #expect(found.present == "3,5")
    #expect(found.flags == [3: "\\Seen", 5: "\\Flagged Key"])
    #expect(found.state == state(7, next: 20, messages: 2, modSeq: 0))
  }

  @Test func `an empty mailbox is asked nothing`() throws {
    #expect(try observe(Self.examine("", "", exists: 0)).present == "")
  }

  @Test func `a server without UIDNEXT gets one`() throws {
    let text = Self.examine("", "", exists: 2).replacing("S: * OK [UIDNEXT 20] x\n", with: "")
    #expect(try observe(text + Self.everything).state.uidNext == 6)
  }

  @Test func `with CONDSTORE, what changed is fetched and what is there is searched`() throws {
    let found = try observe(
      Self.examine("CONDSTORE", " (CONDSTORE)", exists: 3, modSeq: "90") + """
        C: $2 UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 40)
        S: * 3 FETCH (UID 19 FLAGS () MODSEQ (80))
        S: $2 OK done
        C~ $3 UID SEARCH
        S: * SEARCH 3 5 19
        S: $3 OK done
        """,
      known: state(7, next: 19, messages: 2, modSeq: 40), present: "3,5")
    #expect(found.present == "3,5,19")
    #expect(found.flags == [19: ""])
  }

  @Test func `with QRESYNC, VANISHED counts for what was known only`() throws {
    let found = try observe(
      """
      S: * PREAUTH [CAPABILITY IMAP4rev1 ENABLE CONDSTORE QRESYNC] hello
      C: $0 ENABLE QRESYNC
      S: * ENABLED QRESYNC
      S: $0 OK done

      """
        + Self.examine("", " (CONDSTORE)", exists: 2, modSeq: "90")
        .split(separator: "\n").dropFirst().joined(separator: "\n") + """

          C: $2 UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 40 VANISHED)
          S: * VANISHED (EARLIER) 1:3,17:18
          S: * 2 FETCH (UID 19 FLAGS (Key))
          S: $2 OK done
          """,
      known: state(7, next: 19, messages: 2, modSeq: 40), present: "3,5", enable: true)
    #expect(found.present == "5,19")
    #expect(found.flags == [19: "Key"])
  }

  @Test(arguments: [(7, 100), (8, 40)] as [(UInt32, UInt64)])
  func `a modification sequence that fell, or another UIDVALIDITY, makes it ask for all`(
    _ validity: UInt32, _ modSeq: UInt64
  ) throws {
    let found = try observe(
      Self.examine("CONDSTORE", " (CONDSTORE)", exists: 2, modSeq: "90") + Self.everything,
      known: state(validity, next: 19, messages: 2, modSeq: modSeq), present: "3,5")
    #expect(found.flags.count == 2)
  }

  @Test func `counts that do not agree make it ask for all`() throws {
    let found = try observe(
      Self.examine("CONDSTORE", " (CONDSTORE)", exists: 2, modSeq: "90") + """
        C: $4 UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 40)
        S: $4 OK done
        C~ $3 UID SEARCH
        S: * SEARCH 3
        S: $3 OK done

        """ + Self.everything,
      known: state(7, next: 19, messages: 2, modSeq: 40), present: "3,5")
    #expect(found.present == "3,5")
  }

  @Test func `NOMODSEQ is no modification sequence`() throws {
    let text = Self.examine("CONDSTORE", " (CONDSTORE)", exists: 2) + Self.everything
    let found = try observe(
      text.replacing(
        "S: * OK [UIDNEXT 20] x", with: "S: * OK [UIDNEXT 20] x\nS: * OK [NOMODSEQ] x"),
      known: state(7, next: 19, messages: 2, modSeq: 40), present: "3,5")
    #expect(found.state.highestModSeq.value == 0)
  }
}
