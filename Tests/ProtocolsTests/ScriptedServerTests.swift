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
  private func play(_ sent: String) throws -> (report: ScriptedServer.Report, answer: String) {
    let server = try #require(ScriptedServer(Self.transcript))
    _ = Array(sent.utf8).withUnsafeBytes {
      write(server.clientDescriptor, $0.baseAddress, $0.count)
    }
    shutdown(server.clientDescriptor, Int32(SHUT_WR))
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1000)
    while case let count = read(server.clientDescriptor, &chunk, chunk.count), count > 0 {
      answer += chunk.prefix(count)
    }
    let report = server.finish()
    close(server.clientDescriptor)
    return (report, String(decoding: answer, as: UTF8.self))
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
}
