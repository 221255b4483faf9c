import TestSupport
import Testing

@Suite(.requiresDovecot)
struct PlainIMAPTests {
  @Test(arguments: [DovecotConfiguration.usual, .prefixed])
  func `fills an account and reads it back`(_ configuration: DovecotConfiguration) throws {
    let server = try Dovecot.start(configuration)
    defer { server.stop() }
    try server.addUser("alice", password: "secret")
    let client = try PlainIMAP(port: server.imapPort, user: "alice", password: "secret")
    let messages = MailboxFixture.ordinary + MailboxFixture.unusual
    let sent = configuration.prefix + "Sent"
    try client.create(sent)
    try client.subscribe(sent)
    for message in messages {
      try client.append(message.body, to: sent, flags: message.flags, date: message.date)
    }
    let account = try client.account(prefix: configuration.prefix)
    #expect(account.mailboxes.keys.sorted() == ["INBOX", "Sent"])
    let stored = try #require(account.mailboxes["Sent"])
    #expect(stored.isSubscribed)
    #expect(stored.specialUse == ["\\sent"])
    #expect(stored.messages.map(\.body) == messages.map(\.body))
    #expect(stored.messages.map(\.date) == messages.map(\.date))
    #expect(stored.messages.map(\.flags) == messages.map { Set($0.flags.map { $0.lowercased() }) })
    #expect(account.differences(from: account).isEmpty)
    let commands = try server.commands(of: "alice")
    let appends = messages.map { _ in "APPEND" }
    #expect(Array(commands.prefix(2 + appends.count)) == ["CREATE", "SUBSCRIBE"] + appends)
    #expect(commands.count { $0 == "EXAMINE" } == 2)
    // INBOX is empty.
    #expect(commands.count { $0 == "UID FETCH" } == 1)
  }

  @Test func `shows what two accounts differ in`() throws {
    let server = try Dovecot.start(.usual)
    defer { server.stop() }
    let accounts = try ["alice", "bob"].map { user in
      try server.addUser(user, password: "secret")
      let client = try PlainIMAP(port: server.imapPort, user: user, password: "secret")
      for message in MailboxFixture.ordinary.prefix(3) {
        try client.append(message.body, to: "INBOX", flags: message.flags, date: message.date)
      }
      if user == "bob" {
        try client.create("Extra")
        try client.select("INBOX")
        try client.store("1", #"+FLAGS (\Deleted)"#)
        try client.expunge()
        try client.store("2", "+FLAGS (Late)")
        try client.move("3", to: "Extra")
      }
      return try client.account()
    }
    let differences = accounts[0].differences(from: accounts[1])
    #expect(
      differences == [
        "Extra: missing here", "INBOX: 3 messages and 1", "INBOX: message 1: content",
        "INBOX: message 1: date 1078000001 and 1111333338",
        #"INBOX: message 1: flags [] and ["\\seen", "late"]"#,
      ])
  }

  @Test func `withholds what it is told to`() throws {
    var configuration = DovecotConfiguration.usual
    configuration.withheld = ["UIDPLUS", "LITERAL+"]
    let server = try Dovecot.start(configuration)
    defer { server.stop() }
    try server.addUser("alice", password: "secret")
    let client = try PlainIMAP(port: server.imapPort, user: "alice", password: "secret")
    let words = try client.command("CAPABILITY").joined().map(\.text)
    #expect(words.contains("MULTIAPPEND"))
    #expect(!words.contains("UIDPLUS"))
    #expect(!words.contains("LITERAL+"))
  }
}
