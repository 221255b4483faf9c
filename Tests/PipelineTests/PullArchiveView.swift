import Glibc
import Mail
import Stores
import TestSupport

/// What an archive holds, read from its directories and files without the code that wrote them.
struct ArchiveView {
  struct Message: Hashable {
    /// The path of its mailbox's directory, or file without the suffix; components parted by slashes.
    let mailbox: String
    /// The file's name; in an mbox what X-Mailarc says, or nothing.
    let file: String
    /// In wire form.
    let body: [UInt8]
    /// In lower case.
    let flags: Set<String>
    /// The file's modification time; in an mbox what the From_ line says.
    let date: Int

    /// What PlainIMAP would say of it.
    var subject: String {
      let text = String(decoding: body, as: UTF8.self)
      let line = text.split(separator: "\r\n").first { $0.hasPrefix("Subject: ") }
      return line.map { String($0.dropFirst(9)) } ?? ""
    }
  }

  /// In the order of file names' UIDs.
  private(set) var messages: [Message] = []
  /// Mailboxes by their paths, without suffixes.
  private(set) var mailboxes: Set<String> = []

  init(_ root: String) throws {
    switch try Self.layout(of: root) {
    case .maildir: try read(root, "")
    case .maildirPlusPlus: try readFolders(root)
    case .mbox, .mboxGzip:
      messages = try PythonMailbox.messages(below: root)
      mailboxes = Set(
        try filePaths(root).map { $0.replacing(#/\.mbox(\.gz)?$/#, with: "") })
    }
  }

  /// What the archive says of itself; one that was made otherwise is a Maildir.
  static func layout(of root: String) throws -> ArchiveIdentity.Layout {
    let text = (try? readFile(root + "/.mailarc/archive")) ?? ""
    let words = text.split(separator: "\n").map { $0.split(separator: " ") }
    guard let line = words.first(where: { $0.first == "layout" }), line.count == 2 else {
      return .maildir
    }
    guard let layout = ArchiveIdentity.Layout(rawValue: String(line[1])) else {
      throw TestSetupError("what layout is \(line[1])")
    }
    return layout
  }

  /// A path that the archive itself gives, in the form of `Message.mailbox`.
  static func name(_ path: [String], _ layout: ArchiveIdentity.Layout) -> String {
    let name = path.joined(separator: "/")
    switch layout {
    case .maildir: return name
    case .maildirPlusPlus: return name.isEmpty ? "INBOX" : folder(name)
    case .mbox, .mboxGzip: return name.replacing(#/\.mbox(\.gz)?$/#, with: "")
    }
  }

  private static func folder(_ name: String) -> String {
    String(name.dropFirst()).replacing(".", with: "/")
  }

  /// `Mailbox: subject` of each message, sorted.
  var subjects: [String] { messages.map { "\($0.mailbox): \($0.subject)" }.sorted() }

  func message(_ subject: String) throws -> Message {
    guard let found = messages.first(where: { $0.subject == subject }) else {
      throw TestSetupError("no message \(subject)")
    }
    return found
  }

  private func filePaths(_ root: String, _ path: String = "") throws -> [String] {
    try listDirectory(root + "/" + path).flatMap { name in
      var status = stat()
      guard name != ".mailarc", stat("\(root)/\(path)\(name)", &status) == 0 else {
        return [String]()
      }
      return status.st_mode & S_IFMT == S_IFDIR
        ? try filePaths(root, path + name + "/") : [path + name]
    }
  }

  private mutating func readFolders(_ root: String) throws {
    try readMailbox(root, "INBOX")
    for name in try listDirectory(root).sorted() where name.first == "." && name != ".mailarc" {
      try readMailbox(root + "/" + name, Self.folder(name))
    }
  }

  private mutating func read(_ root: String, _ path: String) throws {
    try readMailbox(root, path)
    for name in try listDirectory(root).sorted()
    where !["cur", "new", "tmp"].contains(name) && name.first != "." {
      var status = stat()
      guard lstat(root + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        continue
      }
      try read(root + "/" + name, path.isEmpty ? name : path + "/" + name)
    }
  }

  private mutating func readMailbox(_ root: String, _ path: String) throws {
    if try listDirectory(root).contains("cur") {
      mailboxes.insert(path)
      let letters = (try? readFile(root + "/dovecot-keywords")) ?? ""
      var keywords: [Character: String] = [:]
      for line in letters.split(separator: "\n") {
        let words = line.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let index = UInt8(words[0]), index < 26 else { continue }
        keywords[Character(UnicodeScalar(UInt8(ascii: "a") + index))] = words[1].lowercased()
      }
      // Other programs leave mail in new.
      for file in try listDirectory(root + "/new").sorted() {
        messages.append(try message(root + "/new/" + file, path, file, keywords))
      }
      let files = try listDirectory(root + "/cur").sorted { Self.uid($0) < Self.uid($1) }
      for file in files {
        messages.append(try message(root + "/cur/" + file, path, file, keywords))
      }
    }
  }

  private func message(
    _ path: String, _ mailbox: String, _ file: String, _ keywords: [Character: String]
  ) throws -> Message {
    let system: [Character: String] = [
      "D": "\\draft", "F": "\\flagged", "R": "\\answered", "S": "\\seen", "T": "\\deleted",
    ]
    let letters = file.split(separator: ":2,").dropFirst().first ?? ""
    let flags = letters.compactMap { system[$0] ?? keywords[$0] }
    guard flags.count == letters.count else {
      throw TestSetupError("a letter of \(file) has no meaning")
    }
    var status = stat()
    guard stat(path, &status) == 0 else { throw TestSystemError("stat", path) }
    return Message(
      mailbox: mailbox, file: file, body: Self.wireForm(try readBytes(path)), flags: Set(flags),
      date: status.st_mtim.tv_sec)
  }

  private static func wireForm(_ bytes: [UInt8]) -> [UInt8] {
    var wire: [UInt8] = []
    wire.reserveCapacity(bytes.count + bytes.count / 16)
    for byte in bytes {
      if byte == 10 { wire.append(13) }
      wire.append(byte)
    }
    return wire
  }

  /// The UID in one of mailarc's names; 0 in others.
  static func uid(_ file: String) -> Int {
    guard let start = file.firstIndex(of: "U") else { return 0 }
    return Int(file[file.index(after: start)...].prefix { $0.isNumber }) ?? 0
  }
}

/// Everything in a directory tree: paths with the content and time of each file, for `==`.
func snapshot(_ root: String, except skipped: Set<String> = []) throws -> [String: [String]] {
  var found: [String: [String]] = [:]
  func walk(_ path: String) throws {
    for name in try listDirectory(root + path) {
      let place = path + "/" + name
      guard !skipped.contains(place) else { continue }
      var status = stat()
      guard lstat(root + place, &status) == 0 else { throw TestSystemError("lstat", place) }
      if status.st_mode & S_IFMT == S_IFDIR {
        found[place] = ["directory"]
        try walk(place)
      } else {
        let bytes = try readBytes(root + place)
        found[place] = [
          "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)", "\(status.st_ino)",
          String(decoding: bytes, as: UTF8.self), "\(bytes.hashValue)",
        ]
      }
    }
  }
  try walk("")
  return found
}

/// The lines that two snapshots differ in, without contents.
func changes(_ before: [String: [String]], _ after: [String: [String]]) -> [String] {
  Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted()
}
