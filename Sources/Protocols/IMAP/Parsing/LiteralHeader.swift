/// The `{n}` at the end of a line, which announces a literal (RFC 9051, section 4.3).
struct LiteralHeader {
  /// The announced size; the largest value where the number does not fit.
  let size: UInt64

  /// Where the header begins, its `~` included.
  let start: Int

  /// Reads the header at the end of `response`, which ends with a line feed.
  ///
  /// Nil where there is none. Only untagged data can hold literals: the text of a status response
  /// may end with `{5}` and mean nothing by it.
  ///
  /// - Parameters:
  ///   - response: all of it so far.
  ///   - lineStart: where the last line of the response begins. What stands before it may
  ///     be the content of an earlier literal, which can look like anything.
  init?(endOf response: UnsafeRawBufferPointer, lineStart: Int) {
    var index = response.contentEnd - 1
    guard index > lineStart, response[index] == UInt8(ascii: "}") else { return nil }
    index -= 1
    if index > lineStart, response[index] == UInt8(ascii: "+") { index -= 1 }
    let lastDigit = index
    while index > lineStart, response[index].isDigit { index -= 1 }
    guard index > lineStart, index < lastDigit, response[index] == UInt8(ascii: "{"),
      Self.isData(response)
    else { return nil }
    var size: UInt64 = 0
    for digit in response[index + 1...lastDigit] {
      let (product, overflow) = size.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit - 0x30))
      guard !overflow, !carry else {
        size = .max
        break
      }
      size = sum
    }
    self.size = size
    // `index` is beyond `lineStart`, so that there is a byte before it.
    start = response[index - 1] == UInt8(ascii: "~") ? index - 1 : index
  }

  /// Whether what stands before the header looks like the name of an item that holds a whole body.
  ///
  /// It is a quick look backwards; `FetchParser.bodyAhead` decides.
  func mayAnnounceBody(in response: UnsafeRawBufferPointer) -> Bool {
    var end = start
    while end > 0, response[end - 1] == UInt8(ascii: " ") { end -= 1 }
    return Self.ends(response, at: end, with: "BODY[]")
      || Self.ends(response, at: end, with: "BINARY[]")
      || Self.ends(response, at: end, with: "RFC822")
  }

  private static func ends(
    _ response: UnsafeRawBufferPointer, at end: Int, with word: StaticString
  ) -> Bool {
    let count = word.utf8CodeUnitCount
    return end >= count && response.matches(end - count..<end, word)
  }

  /// Whether the response is untagged and no status response.
  private static func isData(_ response: UnsafeRawBufferPointer) -> Bool {
    guard response.count > 2, response[0] == UInt8(ascii: "*"), response[1] == UInt8(ascii: " ")
    else { return false }
    var start = 2
    while start < response.count, response[start] == UInt8(ascii: " ") { start += 1 }
    var end = start
    while end < response.count, response[end] > UInt8(ascii: " ") { end += 1 }
    let word = start..<end
    return !response.matches(word, "OK") && !response.matches(word, "NO")
      && !response.matches(word, "BAD") && !response.matches(word, "BYE")
      && !response.matches(word, "PREAUTH")
  }
}

extension UnsafeRawBufferPointer {
  /// Where the next line feed is.
  func firstLineFeed(from start: Int) -> Int? {
    var index = start
    let end = count
    while index < end {
      if self[index] == 10 { return index }
      index += 1
    }
    return nil
  }

  /// Where the content of a line that ends with LF or CRLF ends.
  var contentEnd: Int {
    guard count > 0, self[count - 1] == 10 else { return count }
    return count > 1 && self[count - 2] == 13 ? count - 2 : count - 1
  }
}
