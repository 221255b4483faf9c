import Glibc
import Mail
import Platform

/// A state file of lines, the first of which says what it is and in which version.
struct StateText {
  /// What the first line begins with, such as `mailarc archive`.
  let kind: String
  /// The version that this program writes, and the newest that it reads.
  let version: Int
  /// The most bytes that such a file may have.
  let limit: Int

  /// The lines behind the first; nil where there is no such file.
  ///
  /// - Throws: `damaged` where it is not such a file, no file at all, or its last line is cut,
  ///   `newerFormat`.
  func read(_ name: String, in directory: Directory) throws(StoreError) -> [String]? {
    let bytes: [UInt8]
    do {
      bytes = try directory.readWhole(name, limit: limit)
    } catch {
      if error.isNotFound { return nil }
      if error.errno == EOVERFLOW {
        throw .damaged(
          file: directory.path(of: name), reason: "it has more than \(limit) bytes")
      }
      if let kind = try? directory.misfit(name) {
        throw .damaged(file: directory.path(of: name), reason: "it is \(kind) and no file")
      }
      throw .system(error)
    }
    return try parse(bytes, path: directory.path(of: name))
  }

  private func parse(_ bytes: [UInt8], path: String) throws(StoreError) -> [String] {
    guard bytes.last == .lineFeed else { throw .damaged(file: path, reason: "its end is missing") }
    guard let text = String(validating: bytes.dropLast(), as: UTF8.self) else {
      throw .damaged(file: path, reason: "it is not text")
    }
    let lines = text.utf8.split(separator: .lineFeed, omittingEmptySubsequences: false)
    let start = Array((kind + " ").utf8)
    guard let first = lines.first, first.starts(with: start),
      let found = Int(String(first.dropFirst(start.count)) ?? ""), found > 0
    else { throw .damaged(file: path, reason: "its first line is not \"\(kind) \(version)\"") }
    guard found <= version else { throw .newerFormat(version: found) }
    return lines.dropFirst().map { String($0) ?? "" }
  }

  /// The whole lines behind the first of a file that may be broken, as far as they are text.
  ///
  /// - Returns: the lines; nil where there is no such file.
  /// - Throws: `newerFormat`, `system`.
  func salvage(_ name: String, in directory: Directory) throws(StoreError) -> [String]? {
    do {
      return try read(name, in: directory)
    } catch .damaged {
      let bytes: [UInt8]
      do {
        bytes = try directory.readWhole(name, limit: limit)
      } catch  where error.errno == EOVERFLOW || error.isMisfit {
        return []
      } catch {
        throw .system(error)
      }
      let whole = bytes[..<(bytes.lastIndex(of: .lineFeed) ?? 0)]
      let lines = whole.split(separator: .lineFeed).compactMap {
        String(validating: $0, as: UTF8.self)
      }
      return lines.filter { !$0.hasPrefix(kind + " ") }
    }
  }

  /// Writes the file so that it appears whole, and flushes it.
  func write(
    _ lines: some Sequence<String>, to name: String, in directory: Directory
  ) throws(StoreError) {
    var text = Array("\(kind) \(version)\n".utf8)
    for line in lines {
      text += Array(line.utf8)
      text.append(.lineFeed)
    }
    try stored(try directory.writeWhole(name, text.span))
  }
}

extension PercentEscape {
  /// Escapes what would break a line of words: spaces, control characters, `%` and non-ASCII bytes.
  static func word(_ text: String) -> String {
    encode(text) { !(0x21...0x7E).contains($0) || $0 == UInt8(ascii: "%") }
  }

  /// The same for bytes that may not be UTF-8.
  static func word(bytes: some Sequence<UInt8>) -> String {
    var output: [UInt8] = []
    for byte in bytes {
      if (0x21...0x7E).contains(byte), byte != UInt8(ascii: "%") {
        output.append(byte)
      } else {
        output += [
          UInt8(ascii: "%"), Hexadecimal.upperDigits[Int(byte >> 4)],
          Hexadecimal.upperDigits[Int(byte & 15)],
        ]
      }
    }
    return String(decoding: output, as: UTF8.self)
  }
}
