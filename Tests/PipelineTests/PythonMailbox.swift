import Glibc
import Mail
import Stores
import TestSupport
import Testing

/// Python's own reader and writer of mailboxes, which knows nothing of mailarc.
enum PythonMailbox {
  static let program: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    access($0, X_OK) == 0
  }

  /// The messages of all mbox files below a directory, in the order of the files.
  static func messages(below root: String) throws -> [ArchiveView.Message] {
    try run(reader, [root]).split(separator: "\n").map { line in
      let words = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard words.count == 5, let date = Int(words[2]) else {
        throw TestSetupError("the reader said \(line)")
      }
      return ArchiveView.Message(
        mailbox: words[0], file: words[1], body: bytes(hex: words[4]),
        flags: Set(words[3].split(separator: " ").map { $0.lowercased() }), date: date)
    }
  }

  /// Adds a message to a mailbox as another program would.
  static func add(_ text: String, to path: String, flags: String, date: Int) throws {
    _ = try run(writer, [path, text, flags, "\(date)"])
  }

  private static func run(_ script: String, _ arguments: [String]) throws -> String {
    guard let program else { throw TestSetupError("python3 is not installed") }
    let result = try runProcess(program, ["-c", script] + arguments)
    guard result.status == 0 else { throw TestSetupError("\(result.errors)") }
    return result.output
  }

  private static func bytes(hex: String) -> [UInt8] {
    let digits = hex.utf8.map { $0 < 58 ? $0 - 48 : $0 - 87 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// What a message says of itself by its From_ line and its fields, after `formats/mbox.md`.
  private static let reader = #"""
    import calendar, gzip, mailbox, os, re, sys, tempfile, time, urllib.parse
    OWN = [b"Status", b"X-Status", b"X-Keywords"]
    FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
    LETTERS = {"R": r"\Seen", "A": r"\Answered", "F": r"\Flagged", "T": r"\Draft",
      "D": r"\Deleted"}
    def parse(raw, asctime):
      lines = raw.split(b"\n")
      end = 0
      while end < len(lines) and (FIELD.match(lines[end])
          or end > 0 and lines[end][:1] in (b" ", b"\t")):
        end += 1
      fields = {}
      marks = [n for n in range(end) if lines[n].startswith(b"X-Mailarc: ")]
      date = calendar.timegm(time.strptime(asctime, "%a %b %d %H:%M:%S %Y"))
      words = [b""]
      if marks:
        at = marks[-1]
        words = lines[at][11:].split()
        for n in range(at + 1, end): fields.update([lines[n].split(b":", 1)])
        del lines[at:end]
        if b"blank" in words: del lines[at]
        if int(words[0].split(b".")[0]) != date: raise Exception("the dates differ")
        lines = [re.sub(rb"^>(>*From )", rb"\1", line) for line in lines]
      else:
        for n in reversed(range(end)):
          name, value = lines[n].split(b":", 1)
          if name in OWN:
            fields[name] = value
            del lines[n]
      content = b"\n".join(lines)
      if b"newline" in words: content = content[:-1]
      said = {name: value.decode().strip() for name, value in fields.items()}
      flags = [LETTERS[l] for l in said.get(b"Status", "") + said.get(b"X-Status", "")
        if l in LETTERS]
      flags += [urllib.parse.unquote(w) for w in said.get(b"X-Keywords", "").split()]
      print(name_of_box, words[0].decode(), date, " ".join(flags),
        content.replace(b"\n", b"\r\n").hex(), sep="\t")
    for folder, folders, files in os.walk(sys.argv[1]):
      folders[:] = sorted(f for f in folders if f != ".mailarc")
      for file in sorted(files):
        match = re.fullmatch(r"(.*)\.mbox(\.gz)?", file)
        if not match: raise Exception("what is " + file)
        path = os.path.join(folder, file)
        name_of_box = os.path.relpath(os.path.join(folder, match[1]), sys.argv[1])
        with tempfile.NamedTemporaryFile() as plain:
          with (gzip.open if match[2] else open)(path, "rb") as content:
            plain.write(content.read())
          plain.flush()
          box = mailbox.mbox(plain.name, create=False)
          for key in box.keys():
            parse(box.get_bytes(key), box.get_bytes(key, True).split(b"\n")[0].decode()
              .split(" ", 2)[2].strip())
    """#

  private static let writer = #"""
    import gzip, mailbox, os, sys, time
    path, text, flags, date = sys.argv[1:]
    def mbox(path):
      box = mailbox.mbox(path, create=False)
      message = mailbox.mboxMessage(text.encode())
      message.set_from("somebody", time.gmtime(int(date)))
      message.set_flags(flags)
      box.lock()
      box.add(message)
      box.close()
    if path.endswith(".gz"):
      plain = path[:-3] + ".new"
      with gzip.open(path) as old, open(plain, "wb") as new: new.write(old.read())
      mbox(plain)
      with open(plain, "rb") as new, gzip.open(path, "wb") as old: old.write(new.read())
      os.unlink(plain)
    elif path.endswith(".mbox"):
      mbox(path)
    else:
      message = mailbox.MaildirMessage(text.encode())
      message.set_date(int(date))
      if flags:
        message.set_subdir("cur")
        message.set_flags(flags.replace("R", "S").replace("A", "R"))
      mailbox.Maildir(path, create=False).add(message)
    """#
}

extension Trait where Self == ConditionTrait {
  /// Skips the suite or test, by name, where Python is not installed.
  static var requiresPython: Self {
    .enabled("python3 is installed") { PythonMailbox.program != nil }
  }
}
