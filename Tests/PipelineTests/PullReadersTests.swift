import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Other programs read what a pull wrote.
@Suite(.requiresDovecot) struct PullReadersTests {
  private func filled() async throws -> PullBench {
    let bench = try PullBench()
    for name in ["Work", "Work/2024", "Caf&AOk-", "with space"] { try bench.plain.create(name) }
    let all = MailboxFixture.ordinary + MailboxFixture.unusual
    for (index, message) in all.enumerated() {
      let mailbox = ["INBOX", "Work", "Work/2024", "Caf&AOk-", "with space"][index % 5]
      try bench.plain.append(message.body, to: mailbox, flags: message.flags, date: message.date)
    }
    #expect(try await bench.pull().exitStatus == .done)
    return bench
  }

  @Test func `Dovecot serves a copy of the archive as the source`() async throws {
    let bench = try await filled()
    var configuration = DovecotConfiguration.usual
    // It puts its own files beside the mail, and lists the state as a mailbox that holds none.
    configuration.location = "maildir:~/copy:LAYOUT=fs:UTF-8:INBOX=~/copy/INBOX"
    let server = try Dovecot.start(configuration)
    try server.addUser("reader", password: "secret")
    let copy = server.home(of: "reader") + "/copy"
    try runSuccessfully("/bin/cp", ["-a", bench.archive, copy])
    var status = stat()
    stat(server.home(of: "reader"), &status)
    try runSuccessfully("/bin/chown", ["-R", "\(status.st_uid):\(status.st_gid)", copy])
    let reader = try PlainIMAP(port: server.imapPort, user: "reader", password: "secret")
    var expected = try bench.plain.account()
    // Subscriptions are in the archive's table, not where this Dovecot looks for them.
    var served = try reader.account()
    for name in served.mailboxes.keys where name.hasPrefix(".mailarc") {
      served.mailboxes[name] = nil
    }
    // It numbers messages anew in the order of their dates.
    normalize(&expected)
    normalize(&served)
    #expect(expected.differences(from: served) == [])
  }

  private func normalize(_ account: inout PlainAccount) {
    for name in account.mailboxes.keys {
      account.mailboxes[name]?.isSubscribed = false
      account.mailboxes[name]?.messages.sort {
        ($0.date, $0.body.count) < ($1.date, $1.body.count)
      }
    }
  }

  @Test(.enabled("Python is installed") { access("/usr/bin/python3", X_OK) == 0 })
  func `Python's mailbox module reads the same messages`() async throws {
    let bench = try await filled()
    let script = """
      import mailbox, os, sys, hashlib
      for top, names, _ in os.walk(sys.argv[1]):
          names[:] = [n for n in names if n not in ("cur", "new", "tmp", ".mailarc")]
          if os.path.isdir(top + "/cur"):
              box = mailbox.Maildir(top, factory=None, create=False)
              for key, message in box.iteritems():
                  body = box.get_bytes(key).replace(b"\\n", b"\\r\\n")
                  flags = "".join(f for f in message.get_flags() if f in "DFRST")
                  print(os.path.relpath(top, sys.argv[1]), hashlib.md5(body).hexdigest(), flags,
                        int(message.get_date()), sep="|")
      """
    let result = try runProcess("/usr/bin/python3", ["-c", script, bench.archive])
    #expect(result.status == 0, "\(result.errors)")
    let lines = Set(result.output.split(separator: "\n").map(String.init))
    let view = try bench.view()
    #expect(lines.count == Set(view.messages.map { "\($0.mailbox)\($0.body)" }).count)
    for message in view.messages {
      let letters = message.flags.compactMap { flag in
        ["\\draft": "D", "\\flagged": "F", "\\answered": "R", "\\seen": "S"][flag]
      }.sorted().joined()
      #expect(
        lines.contains {
          $0.hasPrefix(message.mailbox + "|") && $0.hasSuffix("|\(letters)|\(message.date)")
        }, "\(message.mailbox) \(message.subject)")
    }
  }
}
