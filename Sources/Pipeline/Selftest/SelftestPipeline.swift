package import Platform

import Clients
import Mail
import Protocols

/// Proves on a server that a push that is killed loses and doubles nothing: in a mailbox and with an
/// archive that it makes for that, and removes again unless something is found.
package struct SelftestPipeline: Sendable {
  let options: SelftestOptions
  let launcher: any PushLauncher
  let observer: any SelftestObserver
  let interruption: Interruption

  package init(
    options: SelftestOptions, launcher: any PushLauncher, observer: any SelftestObserver,
    interruption: Interruption
  ) {
    self.options = options
    self.launcher = launcher
    self.observer = observer
    self.interruption = interruption
  }

  /// Runs to the end; what it made is removed in any case, or named.
  ///
  /// - Throws: `Failure`: what kept it from being done.
  package func run() async throws -> SelftestReport {
    try await WorkerThread.run(name: "mailarc-test", cancelling: interruption) {
      do { return try lead() } catch { throw Failure(error, scope: .account) }
    }
  }

  private func lead() throws -> SelftestReport {
    let server = AccountConnection(
      account: options.account, enabling: [], interruption: interruption, retry: options.retry)
    defer { server.logout() }
    let raw = try choose(server)
    nameLeftDirectories()
    let archive = try ScratchArchive(for: options.mailbox, seed: options.seed)
    observer.began(mailbox: "\(raw)", archive: archive.path)
    let rounds = RunRounds(
      options: options, archive: archive, mailbox: ScratchMailbox(raw: raw, server: server),
      push: KilledPush(launcher: launcher, archive: archive, interruption: interruption),
      observer: observer)
    do {
      try rounds.run()
    } catch {
      // It may have the mailbox open, and some servers don't remove what somebody has open.
      server.drop()
      if rounds.report.findings.isEmpty {
        var report = rounds.report
        cleanUp(raw, archive, wasDisturbed: true, &report)
      } else {
        keep(raw, archive)
      }
      throw error
    }
    var report = rounds.report
    if report.findings.isEmpty {
      server.logout()
      cleanUp(raw, archive, wasDisturbed: false, &report)
    } else {
      report.mailbox = "\(raw)"
      report.archive = archive.path
    }
    return report
  }

  /// The scratch mailbox's name on the server, which nobody has there; names what earlier selftests
  /// left.
  private func choose(_ server: AccountConnection) throws -> RawMailboxName {
    let (tree, raw) = try server.persist { connection in
      let tree = try connection.listMailboxes()
      return (tree, tree.raw(for: options.mailbox, usesUTF8: connection.session.usesUTF8Names))
    }
    guard !tree.mailboxes.contains(where: { $0.name == options.mailbox }), let raw else {
      throw Failure(
        scope: .run, cause: .input,
        summary: "the account has a mailbox \(options.mailbox) already", advice: nil,
        retryable: false)
    }
    for mailbox in tree.mailboxes {
      guard let last = mailbox.name.components.last, last.hasPrefix(SelftestOptions.prefix) else {
        continue
      }
      observer.note(
        "the mailbox \(mailbox.raw) is there from a selftest that found something, was killed, or "
          + "runs now",
        advice: "If none runs, delete it with a mail program; there is nothing of yours in it.")
    }
    return raw
  }

  private func nameLeftDirectories() {
    // Where they can't be listed, one can't be made either, and that is told.
    for path in (try? Directory.scratches(prefix: ScratchArchive.prefix)) ?? [] {
      observer.note(
        "the directory \(path) is there from a selftest that found something, was killed, or runs now",
        advice: "If none runs, remove it; there is nothing of yours in it.")
    }
  }

  private func keep(_ raw: RawMailboxName, _ archive: ScratchArchive) {
    observer.note(
      "something was found: the mailbox \(raw) and the archive \(archive.path) are kept",
      advice: nil)
  }

  /// Removes what was made; what can't be removed is named and stands in the report.
  private func cleanUp(
    _ raw: RawMailboxName, _ archive: ScratchArchive, wasDisturbed: Bool,
    _ report: inout SelftestReport
  ) {
    do {
      // The other interruption may be raised, and then nothing could be waited for.
      let server = AccountConnection(
        account: options.account, enabling: [], interruption: try Interruption(),
        retry: RetryPolicy(pauses: [1, 4]))
      defer { server.logout() }
      try ScratchMailbox(raw: raw, server: server).remove(wasDisturbed: wasDisturbed)
    } catch {
      report.mailbox = "\(raw)"
      observer.note(
        "the mailbox \(raw) could not be removed: \(Failure(error, scope: .mailbox).summary)",
        advice: "Delete it with a mail program; there is nothing of yours in it.")
    }
    do {
      try archive.remove()
    } catch {
      report.archive = archive.directory
      observer.note(
        "the directory \(archive.directory) could not be removed: \(error)",
        advice: "Remove it; there is nothing of yours in it.")
    }
  }
}
