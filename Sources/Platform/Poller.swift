import Glibc

/// What a descriptor is waited for, or ready for.
package struct Interest: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  /// Makes a set from its bits.
  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Bytes can be read, or the end or an error is there to be read.
  package static let read = Interest(rawValue: 1)
  /// Bytes can be written, or an error is there to be found by writing.
  package static let write = Interest(rawValue: 2)
}

/// Why a wait ended without readiness.
package enum PollError: Error, Sendable, Equatable {
  /// The deadline came first.
  case timedOut
  /// The interruption was raised.
  case interrupted
  /// The kernel refused to wait.
  case failed(SystemError)
}

/// Waiting for a descriptor, with an end.
package enum Poller {
  /// Blocks the thread until a descriptor is ready.
  ///
  /// - Parameters:
  ///   - descriptor: what to wait for.
  ///   - interest: reading, writing or both; not empty.
  ///   - deadline: when to give up; if it is over already, readiness is still looked at once.
  ///   - interruption: what else ends the wait; if raised already, nothing is waited for.
  /// - Returns: what of `interest` is possible now. Errors and hang-ups count as all of it, since
  ///   the next read or write tells.
  /// - Throws: what ended the wait instead.
  package static func wait(
    descriptor: Int32, for interest: Interest, until deadline: Deadline,
    interruption: Interruption?
  ) throws(PollError) -> Interest {
    var events: Int32 = 0
    if interest.contains(.read) { events |= POLLIN }
    if interest.contains(.write) { events |= POLLOUT }
    let raised = interruption?.descriptors ?? []
    let outcome: Result<Interest, PollError> = withUnsafeTemporaryAllocation(
      of: pollfd.self, capacity: 1 + raised.count
    ) { entries in
      // A negative descriptor is passed over by poll.
      entries.initializeElement(
        at: 0, to: pollfd(fd: descriptor, events: Int16(events), revents: 0))
      for (index, end) in raised.enumerated() {
        entries.initializeElement(
          at: index + 1, to: pollfd(fd: end, events: Int16(POLLIN), revents: 0))
      }
      return wait(entries, for: interest, until: deadline)
    }
    return try outcome.get()
  }

  /// The first entry is what is waited for, the others end the wait.
  private static func wait(
    _ entries: UnsafeMutableBufferPointer<pollfd>, for interest: Interest, until deadline: Deadline
  ) -> Result<Interest, PollError> {
    while true {
      let timeout = deadline.remainingMilliseconds.map { Int32(clamping: $0) } ?? -1
      let count = poll(entries.baseAddress, nfds_t(entries.count), timeout)
      if count < 0 {
        let code = errno
        if code == EINTR { continue }
        return .failure(.failed(SystemError(errno: code, operation: "wait", path: nil)))
      }
      if entries.dropFirst().contains(where: { $0.revents != 0 }) { return .failure(.interrupted) }
      if entries[0].revents != 0 {
        return .success(readiness(Int32(entries[0].revents), interest))
      }
      if deadline.isOver { return .failure(.timedOut) }
    }
  }

  private static func readiness(_ events: Int32, _ interest: Interest) -> Interest {
    if events & (POLLERR | POLLHUP | POLLNVAL) != 0 { return interest }
    var ready: Interest = []
    if events & POLLIN != 0 { ready.insert(.read) }
    if events & POLLOUT != 0 { ready.insert(.write) }
    return ready
  }
}
