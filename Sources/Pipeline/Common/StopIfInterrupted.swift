import Platform

extension Interruption {
  /// Ends work that waits for nothing and so would not see the interruption.
  ///
  /// - Throws: a failure with the cause `interrupted`, if it was raised.
  func stopIfRaised() throws(Failure) {
    guard isInterrupted else { return }
    throw Failure(
      scope: .run, cause: .interrupted, summary: "interrupted", advice: nil, retryable: true)
  }
}
