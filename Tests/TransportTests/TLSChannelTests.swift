import COpenSSL
import Glibc
import Platform
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(1))) struct TLSChannelTests {
  let temporary: TemporaryDirectory
  let identity: TestIdentity
  let policy: TLSPolicy

  init() throws {
    temporary = try TemporaryDirectory()
    let authority = try TestIdentity.authority()
    try temporary.directory.writeWhole("ca.pem", authority.certificate.span)
    identity = try TestIdentity.server("DNS:localhost", issuer: authority)
    policy = TLSPolicy(
      serverName: "localhost", trust: .file(path: temporary.path + "/ca.pem"))
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func manyMegabytesInBothDirectionsAtOnce(version: Int32) async throws {
    let server = TLSTestServer(
      identity: identity, behaviour: .echo, versions: version...version)
    let size = 6_000_000
    let (report, echoed) = try await exchange(with: server, policy) { channel in
      try pump(size, through: channel)
    }
    #expect(report.received == size)
    #expect(echoed == size)
  }

  @Test func anAnnouncedEndIsTheEndOfTheStream() async throws {
    let server = TLSTestServer(identity: identity, behaviour: .say("* BYE\r\n"))
    let (_, text) = try await exchange(with: server, policy) { channel in
      try readAll(channel)
    }
    #expect(text == "* BYE\r\n")
  }

  @Test func aCutIsAnErrorAfterWhatCameBefore() async throws {
    let server = TLSTestServer(identity: identity, behaviour: .sayAndCut("half"))
    let (_, outcome) = try await exchange(with: server, policy) { channel in
      let text = try readSome(channel)
      let error = #expect(throws: TransportError.self) { _ = try readSome(channel) }
      return (text, error)
    }
    #expect(outcome.0 == "half")
    #expect(outcome.1 == .connectionLost(reason: "the server closed it without notice"))
  }

  @Test func whatWasReadAheadIsReadableWithoutTheSocket() async throws {
    let server = TLSTestServer(
      identity: identity, behaviour: .say(String(repeating: "x", count: 1000)))
    let (_, count) = try await exchange(with: server, policy) { channel in
      var byte = [UInt8](repeating: 0, count: 1)
      var count = 0
      while true {
        switch try byte.withUnsafeMutableBytes({ try channel.read(into: $0) }) {
        case .bytes(let more):
          count += more
          // The rest of the record is in memory; waiting for the socket would find the end at best.
          if count < 1000 {
            #expect(try channel.wait(for: .read, until: .after(seconds: 0)) == .read)
          }
        case .wouldBlock: _ = try channel.wait(for: .read, until: .after(seconds: 30))
        case .endOfStream: return count
        }
      }
    }
    #expect(count == 1000)
  }

  @Test func aServerThatWantsAnswersItNeverReadsIsNotFollowedForEver() async throws {
    let server = TLSTestServer(identity: identity, behaviour: .nag)
    let (_, error) = try await exchange(with: server, policy) { channel in
      #expect(throws: TransportError.self) {
        var byte: [UInt8] = [0]
        let end = Deadline.after(seconds: 0.5)
        // Ends when the answers have filled the sockets and the outbox.
        while try byte.withUnsafeMutableBytes({ try channel.read(into: $0) }) == .wouldBlock {
          _ = try channel.wait(for: .read, until: end)
        }
      }
    }
    #expect(error == .timedOut(doing: "waiting for test"))
  }

  @Test func theLastWordsAreReadAfterAWriteFailed() async throws {
    let server = TLSTestServer(identity: identity, behaviour: .say("* BYE\r\n"))
    let (_, text) = try await exchange(with: server, policy) { channel in
      let error = #expect(throws: TransportError.self) {
        while true {
          if try write(String(repeating: "x", count: 100_000), to: channel) == 0 {
            _ = try channel.wait(for: .write, until: .after(seconds: 30))
          }
        }
      }
      // A broken pipe or a reset, depending on how far the server has got with closing.
      #expect(error?.isRetryable == true)
      return try readSome(channel)
    }
    #expect(text == "* BYE\r\n")
  }

  @Test func aClosedChannelIsLost() async throws {
    let server = TLSTestServer(identity: identity, behaviour: .echo)
    let (report, _) = try await exchange(with: server, policy) { channel in
      #expect(channel.facts.version == "TLSv1.3")
      #expect(channel.facts.cipher.hasPrefix("TLS_"))
      channel.close()
      #expect(throws: TransportError.self) { _ = try readSome(channel) }
      #expect(throws: TransportError.self) { _ = try write("x", to: channel) }
    }
    #expect(report.received == 0)
  }
}

/// Sends a pattern while it checks that the same comes back.
func pump(_ size: Int, through channel: any ByteChannel) throws -> Int {
  let pattern = (0..<65_536 + 251).map { UInt8(truncatingIfNeeded: $0 % 251) }
  var input = [UInt8](repeating: 0, count: 50_000)
  var sent = 0
  var received = 0
  while received < size {
    var interest: Interest = .read
    if sent < size {
      let start = sent % 251
      let length = min(65_536, size - sent)
      let count = try pattern.withUnsafeBytes { bytes in
        try channel.write(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)]))
      }
      sent += count
      if count == 0 { interest.insert(.write) }
    }
    switch try input.withUnsafeMutableBytes({ try channel.read(into: $0) }) {
    case .bytes(let count):
      let start = received % 251
      var offset = 0
      // Compared in pieces that the pattern can offer.
      while offset < count {
        let length = min(count - offset, 65_536)
        let phase = (start + offset) % 251
        guard input[offset..<(offset + length)].elementsEqual(pattern[phase..<(phase + length)])
        else { return received }
        offset += length
      }
      received += count
    case .wouldBlock:
      if interest.contains(.write) || sent == size {
        _ = try channel.wait(for: interest, until: .after(seconds: 30))
      }
    case .endOfStream: return received
    }
  }
  return received
}

/// Reads once, waiting as long as it takes.
func readSome(_ channel: any ByteChannel) throws -> String {
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    switch try buffer.withUnsafeMutableBytes({ try channel.read(into: $0) }) {
    case .bytes(let count): return String(decoding: buffer.prefix(count), as: UTF8.self)
    case .wouldBlock: _ = try channel.wait(for: .read, until: .after(seconds: 30))
    case .endOfStream: return ""
    }
  }
}

/// Reads up to the end of the stream.
func readAll(_ channel: any ByteChannel) throws -> String {
  var text = ""
  while true {
    let more = try readSome(channel)
    if more.isEmpty { return text }
    text += more
  }
}

/// Writes once.
func write(_ text: String, to channel: any ByteChannel) throws -> Int {
  try Array(text.utf8).withUnsafeBytes { try channel.write($0) }
}
