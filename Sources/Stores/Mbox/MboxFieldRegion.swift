import Glibc
import Mail

/// Finds where the fields at the beginning of a message end: before the first line that is neither a
/// field nor the continuation of one.
///
/// A field begins with bytes 0x21 to 0x7E without `:`, then spaces and tabs, then `:`. The reader
/// decides by the same rule (`MboxLine`) on the lines as they are written; a `>` more before `From ` makes
/// no difference to it, but for the most bytes that are looked at.
struct MboxFieldRegion {
  private enum State {
    case start
    case carriageReturn
    case name
    case behindName
    case field
  }

  /// Where the fields end, in bytes of the content; nil as long as all was field.
  private(set) var end: Int64?
  /// How many lines before `end` get a `>`, although they are fields (`From : x`).
  private(set) var quotedLines: Int64 = 0
  /// Whether the content begins with a line that is neither a field nor empty.
  private(set) var beginsWithJunk = false

  private var state = State.start
  private var offset: Int64 = 0
  private var lineStart: Int64 = 0
  private var hasField = false
  // How many letters of `From` the name has so far, `>`s before them passed over; -1 if it is another.
  private var letters = 0
  private var lineLength = 0
  private var isQuoted = false

  private static let word = Array("From".utf8)

  /// Takes the next bytes of the content.
  mutating func take(_ chunk: UnsafeRawBufferPointer) {
    guard let base = chunk.baseAddress else { return }
    var position = 0
    while end == nil, position < chunk.count {
      if state == .field {
        guard let found = memchr(base + position, Int32(UInt8.lineFeed), chunk.count - position)
        else { break }
        position = UnsafeRawPointer(found) - base + 1
        lineStart = offset + Int64(position)
        state = .start
      } else {
        take(chunk[position])
        position += 1
      }
    }
    offset += Int64(chunk.count)
  }

  private mutating func take(_ byte: UInt8) {
    let isSpace = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    switch state {
    case .start:
      lineLength = 1
      if byte == .lineFeed {
        finish(isEmpty: true)
      } else if byte == .carriageReturn {
        state = .carriageReturn
      } else if isSpace, hasField {
        state = .field
      } else if isNameByte(byte) {
        state = .name
        letters = 0
        isQuoted = false
        match(byte)
      } else {
        finish(isEmpty: false)
      }
    case .carriageReturn:
      finish(isEmpty: byte == .lineFeed)
    case .name:
      lineLength += 1
      if lineLength > MboxLine.limit {
        finish(isEmpty: false)
      } else if isNameByte(byte) {
        match(byte)
      } else if isSpace {
        isQuoted = letters == Self.word.count && byte == UInt8(ascii: " ")
        state = .behindName
      } else {
        endName(byte)
      }
    case .behindName:
      lineLength += 1
      if !isSpace || lineLength > MboxLine.limit { endName(byte) }
    case .field:
      break
    }
  }

  private mutating func endName(_ byte: UInt8) {
    let writtenLength = lineLength + (isQuoted ? 1 : 0)
    guard byte == UInt8(ascii: ":"), writtenLength <= MboxLine.limit else {
      return finish(isEmpty: false)
    }
    state = .field
    hasField = true
    if isQuoted { quotedLines += 1 }
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) && byte != UInt8(ascii: ":")
  }

  private mutating func match(_ byte: UInt8) {
    guard letters >= 0 else { return }
    if letters == 0, byte == UInt8(ascii: ">") { return }
    letters = letters < Self.word.count && byte == Self.word[letters] ? letters + 1 : -1
  }

  private mutating func finish(isEmpty: Bool) {
    end = lineStart
    beginsWithJunk = lineStart == 0 && !isEmpty
  }

  /// Ends the content, to which a LF is added if it does not end in one.
  mutating func finish() {
    guard end == nil else { return }
    switch state {
    // Nothing came in this line.
    case .start: break
    case .field: break
    case .carriageReturn: finish(isEmpty: true)
    case .name, .behindName: finish(isEmpty: false)
    }
  }
}
