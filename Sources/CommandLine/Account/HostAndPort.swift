import Glibc
import Pipeline

/// The part of an account URL after the last `@`.
struct HostAndPort: Equatable {
  /// A host name in lower case, or an IP address without brackets.
  let host: String
  let port: UInt16?

  /// Parses `host`, `host:port`, `[v6]` or `[v6]:port`.
  init(parsing text: Substring, of whole: String) throws(Failure) {
    guard !text.isEmpty else {
      throw .usage("no host after the @ in the account \"\(whole)\"")
    }
    let afterHost: Substring
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else {
        throw .usage("no ] after the IPv6 address in \"\(whole)\"")
      }
      let address = text[text.index(after: text.startIndex)..<end]
      guard Self.isIPv6(address) else {
        throw .usage("[\(address)] is no IPv6 address")
      }
      host = Self.lowercased(address)
      afterHost = text[text.index(after: end)...]
    } else {
      let end = text.firstIndex(of: ":") ?? text.endIndex
      if Self.isIPv6(text) {
        throw .usage(
          "the IPv6 address in \"\(whole)\" needs brackets", advice: "Write [\(text)].")
      }
      host = try Self.checkedName(text[..<end], of: whole)
      afterHost = text[end...]
    }
    port = try Self.port(afterHost, of: whole)
  }

  /// ASCII letters in lower case, everything else as it is.
  static func lowercased(_ text: Substring) -> String {
    let octets = text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    return String(decoding: octets, as: UTF8.self)
  }

  private static func port(_ text: Substring, of whole: String) throws(Failure) -> UInt16? {
    guard let first = text.first else { return nil }
    guard first == ":" else {
      throw .usage(
        "\"\(text)\" follows the host in \"\(whole)\"",
        advice: "An account is a whole one: no mailbox or path can be added.")
    }
    let digits = text.dropFirst()
    let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard isNumber, let port = UInt16(digits), port > 0 else {
      throw .usage("\"\(digits)\" is no port in \"\(whole)\"", advice: "Ports are 1 to 65535.")
    }
    return port
  }

  private static func checkedName(_ text: Substring, of whole: String) throws(Failure) -> String {
    guard !text.isEmpty else {
      throw .usage("no host after the @ in the account \"\(whole)\"")
    }
    if let slash = text.firstIndex(of: "/") {
      throw .usage(
        "\"\(text[slash...])\" follows the host in \"\(whole)\"",
        advice: "An account is a whole one: no mailbox or path can be added.")
    }
    guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
      throw .usage(
        "the host \"\(text)\" is not plain ASCII",
        advice: "Write an internationalised name in its xn-- form.")
    }
    let name = lowercased(text.hasSuffix(".") ? text.dropLast() : text)
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    guard name.utf8.count <= 253, labels.allSatisfy(isLabel) else {
      throw .usage("\"\(text)\" is no host name")
    }
    return name
  }

  // RFC 1123, section 2.1, and underscores, which private networks have.
  private static func isLabel(_ label: Substring) -> Bool {
    (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
      && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
  }

  private static func isIPv6(_ text: Substring) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET6, String(text), &address) == 1
  }
}
