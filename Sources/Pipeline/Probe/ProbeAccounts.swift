package import Clients
import Mail
package import Platform

/// Probes one account, or a source and a target: how they are reached, what is there, what would go wrong.
///
/// It changes nothing anywhere, and writes no file.
package struct ProbeAccounts: Sendable {
  let account: ServerAccount
  let target: ServerAccount?
  let interruption: Interruption

  /// - Parameters:
  ///   - account: the account, or the source.
  ///   - target: an account over IMAP.
  ///   - interruption: what ends every wait.
  package init(account: ServerAccount, target: ServerAccount?, interruption: Interruption) {
    self.account = account
    self.target = target
    self.interruption = interruption
  }

  /// Logs in with one try, and looks.
  ///
  /// - Throws: `Failure`, also what names the account that can't be reached.
  package func run() throws(Failure) -> ProbeReport {
    let now = WallClock.now
    guard let target else {
      return ProbeReport(accounts: [try probe(account, .account, limit: nil, now)], pair: [])
    }
    // The target first: what it takes decides what is asked of the source.
    let to = try probe(target, .target, limit: nil, now)
    var limit: UInt64?
    if case .imap(let found) = to.account.content { limit = found.appendLimit }
    let from = try probe(account, .source, limit: limit, now)
    return ProbeReport(
      accounts: [from, to], pair: JudgePair(source: from.account, target: to.account).run())
  }

  private func probe(
    _ account: ServerAccount, _ role: ProbeRole, limit: UInt64?, _ now: Int64
  ) throws(Failure) -> ProbeReport.Account {
    let found: ProbedAccount
    do throws(ClientError) {
      switch account.service {
      case .imap:
        let old = InternalDate(epochSeconds: now - JudgeAccount.recentDays * 86_400)
        found = try ProbeIMAP(
          account: account, limit: limit, old: old, interruption: interruption
        ).run()
      case .pop3:
        found = try ProbeMaildrop(
          account: account, limit: limit, interruption: interruption
        ).run()
      }
    } catch {
      var failure = Failure(error, scope: .account)
      if role != .account { failure.summary = "\(role.rawValue): \(failure.summary)" }
      throw failure
    }
    return ProbeReport.Account(
      role: role, account: found, findings: JudgeAccount(role: role, now: now).run(found))
  }
}
