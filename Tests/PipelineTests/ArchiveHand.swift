import Glibc
import Mail
import Stores
import TestSupport

@testable import Pipeline

/// Changes an archive as its user does: in a Maildir with files, in an mbox with an editor or a mail
/// program.
struct ArchiveHand {
  let archive: String
  let layout: ArchiveIdentity.Layout
  /// Whether an mbox is written over, as mutt does, or replaced, as editors do.
  var overwrites = false

  private var isMbox: Bool { layout == .mbox || layout == .mboxGzip }

  /// Where a mailbox is.
  func path(_ mailbox: String) -> String {
    switch layout {
    case .maildir: archive + "/" + mailbox
    case .maildirPlusPlus where mailbox == "INBOX": archive
    case .maildirPlusPlus: archive + "/." + mailbox.replacing("/", with: ".")
    case .mbox: archive + "/" + mailbox + ".mbox"
    case .mboxGzip: archive + "/" + mailbox + ".mbox.gz"
    }
  }

  /// Takes messages out of a mailbox.
  func delete(_ subjects: [String], from mailbox: String = "INBOX") throws {
    guard isMbox else {
      for subject in subjects { unlink(try file(subject, mailbox)) }
      return
    }
    let messages = try messages(in: mailbox)
    let kept = messages.filter { !subjects.contains(Self.subject($0)) }
    guard messages.count - kept.count == subjects.count else {
      throw TestSetupError("not all of \(subjects) are in \(mailbox)")
    }
    try write(kept, to: mailbox)
  }

  /// Cuts a message out of a mailbox and puts it into another one, at its beginning.
  func move(_ subject: String, from mailbox: String = "INBOX", to other: String) throws {
    guard isMbox else {
      let file = try file(subject, mailbox)
      let name = file.split(separator: "/").last ?? ""
      guard Glibc.rename(file, path(other) + "/cur/" + name) == 0 else {
        throw TestSystemError("rename", file)
      }
      return
    }
    let all = try messages(in: mailbox)
    let cut = all.filter { Self.subject($0) == subject }
    guard cut.count == 1 else { throw TestSetupError("no single \(subject) in \(mailbox)") }
    try write(cut + messages(in: other), to: other)
    try write(all.filter { Self.subject($0) != subject }, to: mailbox)
  }

  /// Copies a message to another mailbox, at its beginning.
  func copy(_ subject: String, from mailbox: String = "INBOX", to other: String) throws {
    guard isMbox else {
      let file = try file(subject, mailbox)
      let name = file.split(separator: "/").last ?? ""
      return try writeFile(path(other) + "/cur/" + name, try readFile(file))
    }
    let copied = try messages(in: mailbox).filter { Self.subject($0) == subject }
    try write(copied + messages(in: other), to: other)
  }

  /// Replaces a text within a message; in a Maildir as editors do that write a new file.
  func edit(
    _ subject: String, in mailbox: String = "INBOX", _ text: String, _ replacement: String
  ) throws {
    guard isMbox else {
      let file = try file(subject, mailbox)
      let new = path(mailbox) + "/tmp/edited"
      try writeFile(new, try readFile(file).replacing(text, with: replacement))
      guard Glibc.rename(new, file) == 0 else { throw TestSystemError("rename", file) }
      return
    }
    let edited = try messages(in: mailbox).map {
      Self.subject($0) == subject ? $0.replacing(text, with: replacement) : $0
    }
    try write(edited, to: mailbox)
  }

  /// Makes a mailbox.
  func make(_ mailbox: String) throws {
    guard isMbox else {
      for part in ["", "/cur", "/new", "/tmp"] { mkdir(path(mailbox) + part, 0o700) }
      return
    }
    try write([], to: mailbox)
  }

  /// Removes a mailbox with all that is in it.
  func remove(_ mailbox: String) throws { try runSuccessfully("/bin/rm", ["-r", path(mailbox)]) }

  /// Gives a message other system flags, by their letters in a Maildir.
  func flag(_ subject: String, _ letters: String, in mailbox: String = "INBOX") throws {
    guard isMbox else {
      let file = try file(subject, mailbox)
      guard let end = file.firstRange(of: ":2,") else { throw TestSetupError("no flags: \(file)") }
      let keywords = file[end.upperBound...].filter(\.isLowercase)
      guard Glibc.rename(file, file[..<end.upperBound] + letters + keywords) == 0 else {
        throw TestSystemError("rename", file)
      }
      return
    }
    let known: [(Character, Character)] = [("R", "A"), ("F", "F"), ("D", "T"), ("T", "D")]
    var others = String(known.filter { letters.contains($0.0) }.map(\.1))
    others += String(repeating: " ", count: 4 - others.count)
    let changed = try messages(in: mailbox).map { message in
      guard Self.subject(message) == subject else { return message }
      var lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      for index in lines.indices.reversed() {
        if lines[index].hasPrefix("Status: ") {
          lines[index] = "Status: " + (letters.contains("S") ? "RO" : "O ")
        } else if lines[index].hasPrefix("X-Status: ") {
          lines[index] = "X-Status: " + others
        }
      }
      let text = lines.joined(separator: "\n")
      guard text.utf8.count == message.utf8.count else {
        throw TestSetupError("the flags don't fit: \(text)")
      }
      return text
    }
    try write(changed, to: mailbox)
  }

  /// Renames a mailbox.
  func rename(_ mailbox: String, to other: String) throws {
    guard Glibc.rename(path(mailbox), path(other)) == 0 else {
      throw TestSystemError("rename", path(mailbox))
    }
  }

  /// Adds a message as another program would.
  func add(_ subject: String, to mailbox: String = "INBOX", flags: String = "") throws {
    let text = String(decoding: PullBench.message(subject), as: UTF8.self)
    try PythonMailbox.add(
      text.replacing("\r\n", with: "\n"), to: path(mailbox), flags: flags, date: 1_600_000_000)
  }

  private func file(_ subject: String, _ mailbox: String) throws -> String {
    let found = try ArchiveView(archive).messages.first {
      $0.subject == subject && $0.mailbox == mailbox
    }
    guard let found else { throw TestSetupError("no \(subject) in \(mailbox)") }
    return path(mailbox) + "/cur/" + found.file
  }

  // MARK: Files

  private static func subject(_ message: String) -> String {
    let line = message.split(separator: "\n").first { $0.hasPrefix("Subject: ") }
    return line.map { String($0.dropFirst(9)) } ?? ""
  }

  /// The messages of an mbox, each from its From_ line to the next one.
  private func messages(in mailbox: String) throws -> [String] {
    let path = path(mailbox)
    let text =
      layout == .mbox ? try readFile(path) : try runProcess("/bin/gzip", ["-dc", path]).output
    var messages: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("From ") {
        messages.append(String(line))
      } else if let last = messages.popLast() {
        messages.append(last + "\n" + line)
      }
    }
    // The line end before a From_ line belongs to the message before it.
    return messages.dropLast().map { $0 + "\n" } + messages.suffix(1)
  }

  private func write(_ messages: [String], to mailbox: String) throws {
    let path = path(mailbox)
    let text = messages.joined()
    if overwrites, layout == .mbox { return try writeFile(path, text) }
    let new = archive + "/../edited"
    try writeFile(new, text)
    if layout == .mboxGzip {
      try runSuccessfully("/bin/gzip", [new])
      try runSuccessfully("/bin/mv", [new + ".gz", path])
    } else {
      guard Glibc.rename(new, path) == 0 else { throw TestSystemError("rename", path) }
    }
  }
}
