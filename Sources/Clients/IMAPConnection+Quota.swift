package import Protocols

extension IMAPConnection {
  /// More than so many quotas no server is believed to have for a mailbox.
  private static var mostQuotas: Int { 1000 }

  /// What limits a mailbox, or where nothing limits it, nothing.
  ///
  /// - Parameter mailbox: where mail is to go.
  /// - Returns: the quotas; nil where the server has none or does not tell.
  /// - Throws: `ClientError`.
  package func quotas(of mailbox: RawMailboxName) throws(ClientError) -> [Quota]? {
    guard capabilities.contains(.quota) else { return nil }
    var quotas: [Quota] = []
    do {
      try run(.getQuotaRoot(mailbox), "GETQUOTAROOT") { event throws(ClientError) in
        guard case .quota(let quota) = event else { return }
        guard quotas.count < Self.mostQuotas else {
          throw .tooMuch("quotas", limit: Self.mostQuotas)
        }
        quotas.append(quota)
      }
    } catch {
      guard case .refused = error else { throw error }
      return nil
    }
    return quotas
  }
}
