package import Platform

import Clients
import Journals
import Mail
import Protocols
import Stores

/// Compares an account with an archive, with mail that other programs left, or with a receipt: content,
/// internal dates and flags of each message; changes nothing on either side.
///
/// It alone knows the order of the stages.
package final class CompareAccount {
  let options: CompareOptions
  let observer: any ComparisonObserver
  let interruption: Interruption
  var report = ComparisonReport()
  private var receipt: ReceiptWriter?

  /// Prepares a comparison.
  ///
  /// - Parameters:
  ///   - options: what is compared with what.
  ///   - observer: what shows how it goes on.
  ///   - interruption: ends it early.
  package init(
    options: CompareOptions, observer: any ComparisonObserver, interruption: Interruption
  ) {
    self.options = options
    self.observer = observer
    self.interruption = interruption
  }

  /// Compares everything, and writes the receipt if one is asked for.
  ///
  /// - Returns: what was found; all of it was told the observer before.
  /// - Throws: `Failure` where it could not come to its end; then there is no receipt.
  package func run() throws -> ComparisonReport {
    do { try compare() } catch { throw Failure(error, scope: .account) }
    return report
  }

  private func compare() throws {
    try refuseReceiptInside()
    let mail: any ExpectedMail
    var isSource = { false }
    switch options.subject {
    case .mail(let path):
      let archive = try ExpectedFromArchive(path, options, interruption)
      for place in archive.unreadable {
        tell(ComparisonFinding(.mailboxUnreadable, mailbox: nil, place))
      }
      report.notes += archive.passedOver.map { "not read: \($0)" }
      guard options.account.service == .imap else { return try compareMaildrop(archive) }
      isSource = { archive.isSource }
      mail = archive
    case .receipt(let path):
      mail = try ExpectedFromReceipt(path, account: options.account.identity)
    }
    try beginReceipt(mail)
    let server = AccountConnection(
      account: options.account, enabling: [], interruption: interruption, retry: options.retry,
      onWait: observer.waits)
    defer { server.logout() }
    let tree = try server.persist { try $0.listMailboxes() }
    let places = try mail.places(tree, server)
    observer.plan(
      totalMessages: tree.mailboxes.reduce(0) { $0 + Int($1.status?.messages ?? 0) }, bytes: nil)
    for place in places {
      try interruption.stopIfRaised()
      try compare(place, mail, server)
    }
    let names = Set(places.map(\.name))
    for mailbox in tree.mailboxes
    where mailbox.isSelectable && mailbox.status?.messages != 0 && !names.contains(mailbox.name) {
      try interruption.stopIfRaised()
      let known: any KnownTransfers = isSource() ? NothingPulled() : NothingKnown()
      try look(
        at: mailbox, ExpectedMailbox(known: known), mailbox.name, mail.withDeleted, server)
    }
    do { try receipt?.finish() } catch ReceiptError.foreign(let path) { throw Self.taken(path) }
  }

  // MARK: Mailboxes

  private func compare(
    _ place: ExpectedPlace, _ mail: any ExpectedMail, _ server: AccountConnection
  ) throws {
    let expected: ExpectedMailbox
    do {
      expected = try server.during { try mail.mailbox(place) }
    } catch let error as StoreError {
      tell(ComparisonFinding(.mailboxUnreadable, mailbox: place.name, "\(error)"))
      return
    }
    for finding in expected.unreadable { tell(finding) }
    guard let existing = place.existing else {
      var outcome = CompareServerMailbox.Outcome(messages: expected.messages)
      for place in outcome.messages.indices { outcome.messages[place].isNotThere() }
      let words = "the server has no mailbox \(place.name)"
      outcome.reasons = Dictionary(
        uniqueKeysWithValues: outcome.messages.indices.map { ($0, words) })
      try take(outcome, expected, place.name)
      return
    }
    try look(at: existing, expected, place.name, mail.withDeleted, server)
  }

  private func look(
    at mailbox: ServerMailbox, _ expected: ExpectedMailbox, _ name: MailboxName,
    _ withDeleted: Bool, _ server: AccountConnection
  ) throws {
    observer.mailboxBegan(name, messages: Int(mailbox.status?.messages ?? 0), bytes: 0)
    defer { observer.ended(name) }
    do {
      let outcome = try server.persist { connection in
        try CompareServerMailbox(
          connection: connection, raw: mailbox.raw, expected: expected, full: options.full,
          withDeleted: withDeleted,
          onProgress: { [observer] in observer.progress(name, messagesDone: $0, bytesDone: 0) }
        ).run()
      }
      observer.progress(name, messagesDone: outcome.onServer, bytesDone: 0)
      report.mailboxes += 1
      try server.during { try take(outcome, expected, name) }
    } catch let error as ClientError where !error.endsConnection {
      let failure = Failure(error, scope: .mailbox)
      tell(ComparisonFinding(.mailboxRefused, mailbox: name, failure.summary))
      try writeUnchecked(name, expected)
    } catch let error as StoreError {
      tell(ComparisonFinding(.mailboxUnreadable, mailbox: name, "\(error)"))
      try writeUnchecked(name, expected)
    }
  }

  func take(
    _ outcome: CompareServerMailbox.Outcome, _ expected: ExpectedMailbox, _ name: MailboxName
  ) throws {
    report.messages += outcome.messages.count
    report.onServer += outcome.onServer
    for finding in JudgeComparison(expected: expected, outcome: outcome, name: name).findings() {
      tell(finding)
    }
    report.notes += JudgeComparison(expected: expected, outcome: outcome, name: name).notes()
    report.byContent += outcome.messages.count { $0.presence == .content }
    report.byHeader += outcome.messages.count { $0.presence == .header }
    try write(ReceiptMailbox(name: name, uidValidity: outcome.uidValidity), outcome.messages)
  }

  func tell(_ finding: ComparisonFinding) {
    report.findings.append(finding)
    let count = finding.kind == .extra || finding.kind == .unfetched ? finding.uids.count : 1
    report.counts[finding.kind, default: 0] += count
    observer.finding(finding)
  }

  // MARK: Receipt

  /// A receipt takes the place of what it was written of if that is gone: it must not go with it.
  private func refuseReceiptInside() throws {
    guard case .mail(let archive) = options.subject, let path = options.receipt,
      let inside = try? CanonicalPath.of(archive)
    else { return }
    let place = try FilePlace(path)
    guard
      CanonicalPath.leads(try CanonicalPath.of(place.directory.path), into: inside)
    else { return }
    throw Failure.usage(
      "\"\(path)\" is inside the archive", advice: "Give a place for the receipt elsewhere.")
  }

  private func beginReceipt(_ mail: any ExpectedMail) throws {
    guard let path = options.receipt else { return }
    let place = try FilePlace(path)
    let header = ReceiptHeader(
      account: options.account.identity, mail: mail.receiptMail, time: WallClock.now,
      withDeleted: mail.withDeleted)
    do {
      receipt = try ReceiptWriter(in: place.directory, name: place.name, header)
    } catch ReceiptError.foreign {
      throw Self.taken(path)
    }
  }

  private static func taken(_ path: String) -> Failure {
    Failure.usage(
      "\"\(path)\" is there, and is not a receipt of mailarc",
      advice: "Give the name of a file that is not there, or of a receipt that is to be replaced.")
  }

  private func writeUnchecked(_ name: MailboxName, _ expected: ExpectedMailbox) throws {
    report.messages += expected.messages.count
    var messages = expected.messages
    for place in messages.indices {
      messages[place].isNotThere()
      messages[place].presence = .unchecked
      messages[place].kept = nil
    }
    try write(ReceiptMailbox(name: name, uidValidity: nil), messages)
  }

  private func write(_ mailbox: ReceiptMailbox, _ messages: [ReceiptMessage]) throws {
    guard let receipt, !messages.isEmpty else { return }
    try receipt.write(mailbox)
    for message in messages { try receipt.write(message) }
  }
}

/// A mailbox of the source of which nothing was pulled.
private struct NothingPulled: KnownTransfers {
  func recorded(_ messages: [ReceiptMessage], _ validity: UIDValidity?) -> [Int: UID] { [:] }

  func untaken(of message: ReceiptMessage) -> Flags { Flags() }

  func reasons(
    _ missing: [Int], of messages: [ReceiptMessage], found: Set<UID>, _ validity: UIDValidity?
  ) -> [Int: String] { [:] }

  func surplus(_ uid: UID, _ validity: UIDValidity?) -> Surplus {
    Surplus(kind: .unfetched, words: "not pulled yet")
  }
}
