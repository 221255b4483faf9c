/// Why a whole response could not be read.
enum ParseFailure: Error {
  /// The grammar is violated; the next response is not affected.
  case malformed

  /// A limit is violated; the connection is not to be trusted any more.
  case nestingTooDeep
}
