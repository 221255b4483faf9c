import Mail

/// How far a run is: all that the progress line shows.
struct ProgressState {
  /// What has been done in all mailboxes together.
  private(set) var messages = 0
  private(set) var bytes: Int64 = 0
  /// What is to be done in all, if known.
  private(set) var totalMessages: Int?
  private(set) var totalBytes: Int64?
  private(set) var failures = 0
  /// The mailbox from which something was heard last.
  private(set) var mailbox: MailboxName?

  private var open: [MailboxName: (messages: Int, bytes: Int64)] = [:]
  private var samples: [Sample] = []

  private struct Sample {
    let seconds: Double
    let messages: Int
    let bytes: Int64
  }

  /// How long ago the rate looks back, in seconds.
  private static let window = 10.0

  mutating func plan(messages: Int, bytes: Int64?) {
    totalMessages = messages
    totalBytes = bytes
  }

  mutating func began(_ name: MailboxName) {
    mailbox = name
    open[name] = (0, 0)
  }

  /// Takes what is done in a mailbox since it began; `seconds` is the time since the run began.
  mutating func progress(
    _ name: MailboxName, messages done: Int, bytes doneBytes: Int64, seconds: Double
  ) {
    let before = open[name] ?? (0, 0)
    messages += done - before.messages
    bytes += doneBytes - before.bytes
    open[name] = (done, doneBytes)
    mailbox = name
    addSample(seconds)
  }

  mutating func ended(_ name: MailboxName) {
    open[name] = nil
    if mailbox == name { mailbox = open.keys.min() ?? name }
  }

  mutating func failed() {
    failures += 1
  }

  /// Octets and messages a second over the last moments; nil until it can be told.
  func rate(seconds: Double) -> (bytes: Double, messages: Double)? {
    guard let first = samples.first, seconds - first.seconds >= 1 else { return nil }
    let time = seconds - first.seconds
    return (Double(bytes - first.bytes) / time, Double(messages - first.messages) / time)
  }

  /// Seconds that the rest will take at the present rate; nil if it can't be told.
  func remaining(seconds: Double) -> Int? {
    guard let rate = rate(seconds: seconds) else { return nil }
    let byBytes = estimate(rest: totalBytes.map { Double($0 - bytes) }, rate: rate.bytes)
    let byCount = estimate(rest: totalMessages.map { Double($0 - messages) }, rate: rate.messages)
    return byBytes ?? byCount
  }

  private func estimate(rest: Double?, rate: Double) -> Int? {
    guard let rest, rest > 0, rate > 0, rest / rate < 360_000 else { return nil }
    return Int((rest / rate).rounded(.up))
  }

  private mutating func addSample(_ seconds: Double) {
    if let last = samples.last, seconds - last.seconds < 0.5 { return }
    samples.append(Sample(seconds: seconds, messages: messages, bytes: bytes))
    // One sample older than the window stays, so that there is always something to measure from.
    while samples.count > 2, seconds - samples[1].seconds > Self.window { samples.removeFirst() }
  }
}
