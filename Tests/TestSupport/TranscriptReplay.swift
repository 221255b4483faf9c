import Mail
package import Protocols

/// Plays the server's side of a transcript to an `IMAPSession`, cut into pieces at will.
package struct TranscriptReplay {
  /// An event, message bytes joined so that cuts don't show.
  package enum Recorded: Equatable, Sendable {
    case event(IMAPEvent)
    case body([UInt8])
    case failed(IMAPError)
  }

  /// What came of a replay.
  package struct Result {
    /// What the session reported, in order, its own failure last.
    package var events: [Recorded] = []
    /// The session as the replay left it.
    package var session: IMAPSession

    /// What the client sent that the transcript does not have; empty when all went well.
    package var differences: [String] = []

    /// All that the client sent.
    package var sent: [UInt8] = []
  }

  let transcript: Transcript
  let commands: [IMAPCommand]
  let limits: IMAPLimits

  /// Prepares a replay.
  ///
  /// - Parameters:
  ///   - transcript: what both sides say.
  ///   - commands: sent one by one, each as soon as the transcript has a step of the client for
  ///     which the session has written nothing yet.
  ///   - limits: those of the session.
  package init(_ transcript: Transcript, commands: [IMAPCommand], limits: IMAPLimits) {
    self.transcript = transcript
    self.commands = commands
    self.limits = limits
  }

  /// Replays; `cut` says where each run of bytes from the server is cut (ascending offsets).
  package func run(cut: (Int) -> [Int]) -> Result {
    var result = Result(session: IMAPSession(limits: limits))
    var matcher = TranscriptMatcher()
    var unsent = commands[...]
    var pending: [UInt8] = []
    var run: [UInt8] = []
    for step in transcript.steps {
      if case .server(let bytes) = step {
        run += matcher.fill(bytes)
        continue
      }
      feed(run, cuts: cut(run.count), into: &result)
      run = []
      pending += result.session.takeOutput()
      if pending.isEmpty, let command = unsent.popFirst() {
        _ = result.session.send(command)
        pending = result.session.takeOutput()
      }
      switch matcher.match(step, pending[...]) {
      case .matches(let count):
        result.sent += pending.prefix(count)
        pending.removeFirst(count)
      case .incomplete:
        result.differences.append("incomplete: \(String(decoding: pending, as: UTF8.self))")
      case .differs(let expected, let found):
        result.differences.append("expected \(expected), found \(found)")
      }
    }
    feed(run, cuts: cut(run.count), into: &result)
    pending += result.session.takeOutput()
    if !pending.isEmpty {
      result.differences.append("left over: \(String(decoding: pending, as: UTF8.self))")
    }
    return result
  }

  private func feed(_ bytes: [UInt8], cuts: [Int], into result: inout Result) {
    if case .failed = result.events.last { return }
    let more = Self.record(bytes, cuts: cuts, by: &result.session)
    guard case .body(let before) = result.events.last, case .body(let after) = more.first else {
      return result.events += more
    }
    result.events[result.events.count - 1] = .body(before + after)
    result.events += more.dropFirst()
  }

  /// The events of bytes, cut at ascending offsets, up to the first failure.
  package static func record(
    _ bytes: [UInt8], cuts: [Int], by session: inout IMAPSession
  ) -> [Recorded] {
    var events: [Recorded] = []
    var start = 0
    for end in cuts + [bytes.count] where end > start {
      Array(bytes[start..<end]).withUnsafeBytes { consume($0, by: &session, into: &events) }
      if case .failed = events.last { break }
      start = end
    }
    return events
  }

  private static func consume(
    _ chunk: UnsafeRawBufferPointer, by session: inout IMAPSession, into events: inout [Recorded]
  ) {
    var position = 0
    do throws(IMAPError) {
      while let event = try session.consume(chunk, from: &position) {
        guard case .bodyChunk(let range) = event else {
          events.append(.event(event))
          continue
        }
        if case .body(let before) = events.last {
          events[events.count - 1] = .body(before + chunk[range])
        } else {
          events.append(.body(Array(chunk[range])))
        }
      }
    } catch {
      events.append(.failed(error))
    }
  }
}

extension TranscriptReplay {
  /// Replays without cuts.
  package func whole() -> Result { run { _ in [] } }

  /// Replays byte by byte.
  package func byteByByte() -> Result { run { Array(1..<max($0, 1)) } }

  /// Replays with every run cut at one place, or whole where it is shorter.
  package func cut(at offset: Int) -> Result { run { offset < $0 ? [offset] : [] } }

  /// The length of the longest run of bytes from the server.
  package var longestRun: Int {
    var longest = 0
    var run = 0
    for step in transcript.steps {
      if case .server(let bytes) = step { run += bytes.count } else { run = 0 }
      longest = max(longest, run)
    }
    return longest
  }
}
