import Glibc
import TestSupport
import Testing

/// The server that other tests rely on must notice what a client does wrong.
@Suite struct ScriptedServerTests {
  private static let transcript = Transcript(
    """
    S: * OK ready
    C: $1 LOGIN "u" "p"
    S: $1 OK in
    C~ $2 APPEND
    C! 5
    C> ab{{0d 0a}}
    S: $2 OK done, $7 not
    S! close
    """)

  /// Writes, closes the writing side, and reads all there is.
  private func talk(_ sent: String, on descriptor: Int32) -> String {
    _ = Array(sent.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    shutdown(descriptor, Int32(SHUT_WR))
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1000)
    while case let count = read(descriptor, &chunk, chunk.count), count > 0 {
      answer += chunk.prefix(count)
    }
    close(descriptor)
    return String(decoding: answer, as: UTF8.self)
  }

  private func play(_ sent: String) throws -> (report: TranscriptPlayer.Report, answer: String) {
    let server = try #require(ScriptedServer(Self.transcript))
    let answer = talk(sent, on: server.clientDescriptor)
    return (try #require(server.finish().first), answer)
  }

  @Test func followsTheTranscript() throws {
    let sent = "x1 LOGIN \"u\" \"p\"\r\nx2 APPEND whatever {5+}\r\nhelloab\r\n"
    let (report, answer) = try play(sent)
    #expect(report.problems.isEmpty)
    #expect(report.received == Array(sent.utf8))
    #expect(answer == "* OK ready\r\nx1 OK in\r\nx2 OK done, $7 not\r\n")
  }

  @Test(arguments: [
    "x1 LOGIN \"u\" \"q\"\r\n", "x1 LOGIN \"u\" \"p\"\r\n", "x1 LOGIN \"u\" \"p\"\n",
    "x1 LOGIN \"u\" \"p\"\r\nx2 NOOP\r\n", "x1 LOGIN \"u\" \"p\"\r\nx2 APPEND x\r\nhelloba\r\n",
  ])
  func notesWhatDiffers(_ sent: String) throws {
    let report = try play(sent).report
    #expect(report.problems.count == 1)
  }

  private func connect(_ port: UInt16) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return status == 0 ? descriptor : nil
  }

  @Test func listensForOneConnectionAfterTheOther() throws {
    let transcripts = [
      Transcript("S: * OK one\nC: $1 NOOP\nS! close"), Transcript("S: * OK two"),
      Transcript("S: * OK never"),
    ]
    let server = try #require(ScriptedServer(listening: transcripts))
    let first = talk("a NOOP\r\n", on: try #require(connect(server.port)))
    let second = talk("", on: try #require(connect(server.port)))
    let reports = server.finish()
    #expect([first, second] == ["* OK one\r\n", "* OK two\r\n"])
    #expect(reports.map(\.problems) == [[], []])
    #expect(connect(server.port) == nil)
  }
}
