import Clients
import Mail
import Protocols

/// Tells what a first pull would do, for a dry run where there is no archive yet.
struct AnnounceFirstPull {
  let server: AccountConnection
  let observer: any RunObserver
  let collector: ReportCollector

  func run(_ tree: ServerTree) throws {
    for mailbox in tree.mailboxes where mailbox.isSelectable {
      observer.planned(PlannedChange(action: .createMailbox, mailbox: mailbox.name))
      var report = MailboxReport(name: mailbox.name)
      report.transferred = Int(mailbox.status?.messages ?? 0)
      let size =
        report.transferred > 0
        ? try server.persist { try $0.size(of: mailbox.raw) }.map { Int64(clamping: $0) } : nil
      report.transferredBytes = size ?? 0
      if report.transferred > 0 {
        observer.planned(
          PlannedChange(
            action: .transfer, mailbox: mailbox.name, messages: report.transferred,
            bytes: size))
      }
      collector.add(report)
    }
  }
}
