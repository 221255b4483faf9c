import Clients
import Pipeline
import Protocols
import Testing
import Transport

@testable import CommandLine

struct AccountURLTests {
  struct Good: Sendable {
    let text: String
    let security: AccountURL.Security
    let user: String
    let host: String
    let port: UInt16
    let identity: String

    init(
      _ text: String, _ security: AccountURL.Security, _ user: String, _ host: String,
      _ port: UInt16, _ identity: String
    ) {
      self.text = text
      self.security = security
      self.user = user
      self.host = host
      self.port = port
      self.identity = identity
    }
  }

  static let good = [
    Good(
      "imaps://anna@mail.example.org", .tls, "anna", "mail.example.org", 993,
      "anna@mail.example.org"),
    Good(
      "imap://anna@mail.example.org/", .startTLS, "anna", "mail.example.org", 143,
      "anna@mail.example.org"),
    Good(
      "IMAPS://Anna@Mail.Example.ORG:1993", .tls, "Anna", "mail.example.org", 1993,
      "Anna@mail.example.org"),
    Good(
      "imaps://Anna@Example.ORG@mail.host", .tls, "Anna@Example.ORG", "mail.host", 993,
      "Anna@example.org"),
    Good("imaps://a%40b.c@h", .tls, "a@b.c", "h", 993, "a@b.c"),
    Good("imaps://a/b:c?d#e@h:1/", .tls, "a/b:c?d#e", "h", 1, "a/b:c?d#e@h"),
    Good("imaps://100%@h", .tls, "100%", "h", 993, "100%@h"),
    Good("imaps://a%zz%4@h", .tls, "a%zz%4", "h", 993, "a%zz%4@h"),
    Good("imaps://a%2fb%25@h", .tls, "a/b%", "h", 993, "a/b%@h"),
    Good("imaps://j%C3%BCrgen@h", .tls, "jürgen", "h", 993, "jürgen@h"),
    Good("imaps://u@[::1]", .tls, "u", "::1", 993, "u@[::1]"),
    Good("imaps://u@[2001:DB8::1]:65535/", .tls, "u", "2001:db8::1", 65535, "u@[2001:db8::1]"),
    Good("imap://u@127.0.0.1:1143", .startTLS, "u", "127.0.0.1", 1143, "u@127.0.0.1"),
    Good("imaps://u@host.example.", .tls, "u", "host.example", 993, "u@host.example"),
    Good("imaps://u@my_host", .tls, "u", "my_host", 993, "u@my_host"),
    Good("imaps://u@a://b@c@h", .tls, "u@a://b@c", "h", 993, "u@a://b@c"),
  ]

  static let pop3 = [
    Good("pop3s://ada@Host", .tls, "ada", "host", 995, "ada@host"),
    Good("POP3://ada@b.c@host/", .startTLS, "ada@b.c", "host", 110, "ada@b.c"),
    Good("pop3://ada@[::1]:1110", .startTLS, "ada", "::1", 1110, "ada@[::1]"),
  ]

  @Test(arguments: good + pop3)
  func understands(_ line: Good) throws {
    let url = try AccountURL(parsing: line.text)
    #expect(url.service == (line.text.lowercased().hasPrefix("pop3") ? .pop3 : .imap))
    #expect(url.security == line.security)
    #expect(url.user == line.user)
    #expect(url.host == line.host)
    #expect(url.port == line.port)
    #expect(url.identity == line.identity)
    // The URL that is recorded of an account names the same one.
    let account = ServerAccount(
      service: url.service, user: url.user, password: Secret(""), host: url.host, port: url.port,
      security: url.security == .tls ? .tls : .startTLS, trust: .system, timeout: 1,
      identity: url.identity)
    #expect(try AccountURL(parsing: account.url) == url)
  }

  static let bad: [(String, String)] = [
    ("", "\"\" is no account"),
    ("anna", "\"anna\" is no account"),
    ("/home/anna/mail", "\"/home/anna/mail\" is no account"),
    ("anna@example.org", "\"anna@example.org\" does not say how to reach its server"),
    ("http://a@b", "unknown scheme http://"),
    ("smtp://a@b", "unknown scheme smtp://"),
    ("pop3s://mail.example.org", "no user in the account \"pop3s://mail.example.org\""),
    ("imaps://mail.example.org", "no user in the account \"imaps://mail.example.org\""),
    ("imaps://", "no user in the account \"imaps://\""),
    ("imaps://@host", "no user before the @ in the account \"imaps://@host\""),
    ("imaps://anna@", "no host after the @ in the account \"imaps://anna@\""),
    ("imaps://anna@/", "no host after the @ in the account \"imaps://anna@/\""),
    ("imaps://anna@:993", "no host after the @ in the account \"imaps://anna@:993\""),
    ("imaps://a@h:", "\"\" is no port in \"imaps://a@h:\""),
    ("imaps://a@h:0", "\"0\" is no port in \"imaps://a@h:0\""),
    ("imaps://a@h:65536", "\"65536\" is no port in \"imaps://a@h:65536\""),
    ("imaps://a@h:+1", "\"+1\" is no port in \"imaps://a@h:+1\""),
    ("imaps://a@h/INBOX", "\"/INBOX\" follows the host in \"imaps://a@h/INBOX\""),
    ("imaps://a@h:993/INBOX", "\"993/INBOX\" is no port in \"imaps://a@h:993/INBOX\""),
    ("imaps://a@h//", "\"/\" follows the host in \"imaps://a@h//\""),
    ("imaps://a@ho st", "\"ho st\" is no host name"),
    ("imaps://a@-host", "\"-host\" is no host name"),
    ("imaps://a@a..b", "\"a..b\" is no host name"),
    ("imaps://a@.", "\".\" is no host name"),
    ("imaps://a@bücher.example", "the host \"bücher.example\" is not plain ASCII"),
    ("imaps://a@::1", "the IPv6 address in \"imaps://a@::1\" needs brackets"),
    ("imaps://a@[::1", "no ] after the IPv6 address in \"imaps://a@[::1\""),
    ("imaps://a@[zz]", "[zz] is no IPv6 address"),
    ("imaps://a@[::1]x", "\"x\" follows the host in \"imaps://a@[::1]x\""),
    ("imaps://a%0Ab@h", "the user in \"imaps://a%0Ab@h\" holds a control character"),
    ("imaps://a%00@h", "the user in \"imaps://a%00@h\" holds a control character"),
    ("imaps://a%C2%85@h", "the user in \"imaps://a%C2%85@h\" holds a control character"),
    ("imaps://a%FF@h", "the percent-escapes of the user in \"imaps://a%FF@h\" are not valid UTF-8"),
  ]

  @Test(arguments: bad)
  func refuses(_ text: String, says: String) throws {
    let failure = try #require(throws: Failure.self) { try AccountURL(parsing: text) }
    #expect(failure.summary == says)
    #expect(failure.cause == .usage)
  }
}
