import Testing

/// How a test's Dovecot differs from the usual one.
package struct DovecotConfiguration: Sendable {
  /// The hierarchy separator of the personal namespace.
  package var separator: Character
  /// The prefix of the personal namespace, such as `INBOX.`; it ends in the separator.
  package var prefix: String
  /// `mail_location`; `%u` is the user and `~` is `mailDirectory(of:)` without its `/Maildir`.
  package var location = "maildir:~/Maildir"
  /// Mailboxes that get a special use when they exist, such as `Sent` with `\Sent`.
  package var specialUse = [
    "Archive": #"\Archive"#, "Drafts": #"\Drafts"#, "Junk": #"\Junk"#, "Sent": #"\Sent"#,
    "Trash": #"\Trash"#,
  ]
  /// Capabilities that the server keeps to itself, such as `UIDPLUS` or `LITERAL+`.
  package var withheld: Set<String> = []
  /// Further lines of the configuration file.
  package var extra: [String] = []

  /// A server with this namespace and nothing else out of the ordinary.
  package init(separator: Character, prefix: String) {
    self.separator = separator
    self.prefix = prefix
  }

  /// `/` and no prefix.
  package static var usual: DovecotConfiguration {
    DovecotConfiguration(separator: "/", prefix: "")
  }

  /// `.` and the prefix `INBOX.`, as Courier has it.
  package static var prefixed: DovecotConfiguration {
    DovecotConfiguration(separator: ".", prefix: "INBOX.")
  }
}

extension DovecotConfiguration: CustomTestStringConvertible {
  /// The namespace, for the name of a test case.
  package var testDescription: String { "separator \(separator), prefix '\(prefix)'" }
}

/// What Dovecot 2.3 offers after login when nobody tells it otherwise.
private let builtInCapabilities = [
  "IMAP4rev1", "SASL-IR", "LOGIN-REFERRALS", "ID", "ENABLE", "IDLE", "SORT", "SORT=DISPLAY",
  "THREAD=REFERENCES", "THREAD=REFS", "THREAD=ORDEREDSUBJECT", "MULTIAPPEND", "URL-PARTIAL",
  "CATENATE", "UNSELECT", "CHILDREN", "NAMESPACE", "UIDPLUS", "LIST-EXTENDED", "I18NLEVEL=1",
  "CONDSTORE", "QRESYNC", "ESEARCH", "ESORT", "SEARCHRES", "WITHIN", "CONTEXT=SEARCH",
  "LIST-STATUS", "BINARY", "MOVE", "SNIPPET=FUZZY", "PREVIEW=FUZZY", "PREVIEW", "STATUS=SIZE",
  "SAVEDATE", "LITERAL+", "NOTIFY", "SPECIAL-USE",
]

extension DovecotConfiguration {
  /// The configuration file of a server that keeps everything below `root`.
  ///
  /// `account` is who runs the server when that is a plain user, nil when it is root.
  func text(
    root: String, imapPort: UInt16, imapsPort: UInt16, pop3Port: UInt16, pop3sPort: UInt16,
    account: (user: String, group: String)?
  ) -> String {
    var blocks = [
      """
      base_dir = \(root)/run
      state_dir = \(root)/state
      log_path = \(root)/dovecot.log
      instance_name = mailarc-test-\(imapPort)
      protocols = imap pop3
      listen = 127.0.0.1
      ssl = yes
      ssl_cert = <\(root)/server.crt
      ssl_key = <\(root)/server.key
      disable_plaintext_auth = no
      auth_mechanisms = plain login
      auth_failure_delay = 0
      first_valid_uid = 1
      mail_location = \(location)
      mail_max_userip_connections = 200
      # A login process stays as long as its TLS connection, and all tests may have some at a time.
      default_process_limit = 1000
      default_client_limit = 5000
      rawlog_dir = %h/rawlog
      passdb {
        driver = passwd-file
        args = scheme=PLAIN username_format=%u \(root)/users/%u
      }
      userdb {
        driver = passwd-file
        args = username_format=%u \(root)/users/%u
      }
      service stats {
        unix_listener stats-writer {
          mode = 0666
        }
      }
      service imap {
        process_limit = 5000
      }
      service pop3 {
        process_limit = 5000
      }
      service pop3-login {
        inet_listener pop3 {
          port = \(pop3Port)
        }
        inet_listener pop3s {
          port = \(pop3sPort)
          ssl = yes
        }
      }
      service imap-login {
        inet_listener imap {
          port = \(imapPort)
        }
        inet_listener imaps {
          port = \(imapsPort)
          ssl = yes
        }
      }
      """,
      namespace,
    ]
    if !withheld.isEmpty {
      let offered = builtInCapabilities.filter { !withheld.contains($0) }
      blocks.append("imap_capability = \(offered.joined(separator: " "))")
    }
    if let account {
      blocks.append(
        """
        default_internal_user = \(account.user)
        default_internal_group = \(account.group)
        default_login_user = \(account.user)
        """)
      // A plain user can't chroot.
      blocks += ["anvil", "imap-login", "pop3-login", "stats"].map {
        "service \($0) {\n  chroot =\n}"
      }
    }
    return (blocks + extra).joined(separator: "\n") + "\n"
  }

  private var namespace: String {
    let mailboxes = specialUse.sorted { $0.key < $1.key }.map {
      "  mailbox \"\($0.key)\" {\n    special_use = \($0.value)\n  }"
    }
    return """
      namespace inbox {
        inbox = yes
        prefix = \(prefix)
        separator = \(separator)
      \(mailboxes.joined(separator: "\n"))
      }
      """
  }
}
