import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// From each server to each server, by way of an archive, looked at by a client that shares no code.
@Suite struct ServerMatrixTests {
  @Test(.requires(.dovecot), arguments: [MatrixServer.maildir, .mdbox, .dotted])
  func `from Dovecot to all`(_ source: MatrixServer) async throws { try await run(source) }

  @Test(.requires(.courier)) func `from Courier to all`() async throws { try await run(.courier) }

  @Test(.requires(.cyrus), arguments: [MatrixServer.cyrus, .dottedCyrus])
  func `from Cyrus to all`(_ source: MatrixServer) async throws { try await run(source) }

  @Test(.requires(.mailutils)) func `from GNU mailutils to all`() async throws {
    try await run(.mailutils)
  }

  private func run(_ source: MatrixServer) async throws {
    let directory = try TemporaryDirectory(inMemory: true)
    let archive = directory.file("archive")
    try await pull(source, archive, directory)
    let view = try ArchiveView(archive)
    for target in MatrixServer.allCases where target.isUsable {
      try await MatrixPush(
        source: source, target: target, archive: archive, view: view, directory: directory
      ).run()
    }
  }

  /// Pulls a full account twice; all is there as the server shows it, and only that.
  private func pull(
    _ source: MatrixServer, _ archive: String, _ directory: TemporaryDirectory
  ) async throws {
    let account = try source.newAccount(directory)
    try fill(source, account)
    let filled = try Matrix.held(source, account)
    try expectSame(expected(source), filled.messages, "\(source.rawValue), filled")

    let report = try await account.pull(into: archive)
    #expect(report.exitStatus == .done, "\(source.rawValue): \(report)")
    let view = try ArchiveView(archive)
    try expectSame(filled.messages, Matrix.held(source, view), "\(source.rawValue), pulled")
    let names = Set(MatrixMail.mailboxes.filter { has(source, $0) }.map(Matrix.decoded) + ["INBOX"])
    #expect(Set(filled.names.keys) == MatrixDifference.names(source, names), "\(source.rawValue)")
    #expect(view.mailboxes == Set(filled.names.keys), "\(source.rawValue)")
    let subscribed = try Archive.open(path: archive, for: .reading).table.records
      .filter(\.isSubscribed).map { $0.name.components.joined(separator: "/") }
    #expect(Set(subscribed).subtracting(["INBOX"]) == ["Work"])

    let before = try snapshot(archive, except: ["/.mailarc"])
    #expect(try await account.pull(into: archive).sums == [:], "\(source.rawValue)")
    #expect(try changes(before, snapshot(archive, except: ["/.mailarc"])) == [])
    let compared = try account.compare(.mail(archive), full: true)
    #expect(compared.findings == [], "\(source.rawValue)")
    #expect(compared.messages == view.messages.count)
    #expect(compared.byContent == view.messages.count)
  }

  /// What the server can hold of the matrix's mail.
  private func content(_ source: MatrixServer) -> [MatrixMail.Message] {
    MatrixMail.messages.filter { message in
      let effects = MatrixDifference.of(source, message.fixture.name)
      // The independent client knows no literal8.
      return !effects.contains(.refused) && has(source, message.mailbox)
        && !(source.kind == .cyrus && message.fixture.name == "NUL")
    }
  }

  /// Whether the server can have a mailbox of this name beside all others.
  private func has(_ source: MatrixServer, _ name: String) -> Bool {
    MatrixDifference.name(source, name, among: MatrixMail.mailboxes) == name
  }

  private func expected(_ source: MatrixServer) -> Matrix.Held {
    var held: Matrix.Held = [:]
    for message in content(source) {
      let one = ExpectedMessage(
        body: source.kind.kept(message.fixture.body) ?? [], date: message.date,
        flags: source.kind.kept(Set(message.fixture.flags.map { $0.lowercased() })))
      held[Matrix.decoded(message.mailbox), default: [:]][one, default: 0] += 1
    }
    return held
  }

  private func fill(_ source: MatrixServer, _ account: AccountBench) throws {
    // GNU mailutils has no INBOX before, and loses what is appended to an open mailbox.
    try account.plain().select("INBOX")
    let plain = try account.plain()
    for name in MatrixMail.mailboxes where has(source, name) {
      try plain.create(source.raw(name))
    }
    try plain.subscribe(source.raw("Work"))
    for message in content(source) {
      let flags = message.fixture.flags.filter { source != .mailutils || $0.hasPrefix("\\") }
      try plain.append(
        message.fixture.body, to: source.raw(message.mailbox), flags: flags, date: message.date)
    }
  }
}

/// What an account or an archive holds, for comparisons.
enum Matrix {
  typealias Held = [String: [ExpectedMessage: Int]]

  static func decoded(_ name: String) -> String {
    name.replacing("Gr&APwA3w-e &- mehr", with: "Grüße & mehr")
  }

  static func held(_ server: MatrixServer, _ view: ArchiveView) -> Held {
    var held: Held = [:]
    for message in view.messages {
      let one = ExpectedMessage(
        body: server.kind.comparable(message.body), date: message.date, flags: message.flags)
      held[message.mailbox, default: [:]][one, default: 0] += 1
    }
    return held
  }

  /// What the independent client sees: messages, and of each mailbox whether it is subscribed to.
  static func held(
    _ server: MatrixServer, _ account: AccountBench
  ) throws -> (messages: Held, names: [String: Bool]) {
    var held: Held = [:]
    var names: [String: Bool] = [:]
    for (key, mailbox) in try account.plain().account(prefix: server.prefix).mailboxes {
      let name = decoded(key.replacing("\n", with: "/"))
      names[name] = mailbox.isSubscribed
      for message in mailbox.messages {
        let one = ExpectedMessage(
          body: server.kind.comparable(message.body), date: message.date, flags: message.flags)
        held[name, default: [:]][one, default: 0] += 1
      }
    }
    return (held, names)
  }
}
