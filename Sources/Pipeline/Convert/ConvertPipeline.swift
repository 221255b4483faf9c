package import Platform

import Mail
import Stores

/// Converts mail into an archive: list mailboxes, and for each plan, copy, record.
///
/// It alone knows the order of the stages.
package struct ConvertPipeline: Sendable {
  let options: ConvertOptions
  let observer: any RunObserver
  let interruption: Interruption
  /// Reading and digesting one mailbox overlaps with writing another.
  private static let workers = 2

  package init(options: ConvertOptions, observer: any RunObserver, interruption: Interruption) {
    self.options = options
    self.observer = observer
    self.interruption = interruption
  }

  /// Runs to the end, or to the failure that stops it; either way what was done is in the report.
  package func run() async -> RunReport {
    let collector = ReportCollector(
      direction: .convert, dryRun: options.dryRun, observer: observer)
    do {
      try await WorkerThread.run(name: "mailarc-convert", cancelling: interruption) {
        do { try lead(collector) } catch { collector.stop(Failure(error, scope: .run)) }
      }
    } catch {
      collector.stop(Failure(error, scope: .run))
    }
    return collector.current
  }

  private func lead(_ collector: ReportCollector) throws {
    try RefuseOverlap(options: options).run()
    let source = try ConvertSource(options)
    let tree = try source.mail.mailboxes()
    let archive = try openArchive(for: source)
    let context = ConvertContext(
      options: options, source: source,
      stray: StrayKeywords(of: source.archive, in: tree.mailboxes), archive: archive,
      directory: try archive.flatMap { try convertDirectory(of: $0) }, observer: observer,
      collector: collector, interruption: interruption, missed: MissedOrigins(),
      names: ArchiveNames(archive))
    TellUnread(
      root: source.mail.path, collector: collector, consequence: "Nothing in it was converted."
    ).run(tree)
    if !tree.unreadable.isEmpty { context.missed.addUnknown() }
    work(tree.mailboxes, context)
    guard !collector.isStopped, !options.dryRun, let archive else { return }
    try CarryState(context: context, archive: archive).run()
  }

  /// The archive; nil in a dry run where there is none yet.
  private func openArchive(for source: ConvertSource) throws -> Archive? {
    let account = source.archive?.identity.account ?? ""
    try Archive.requireRoom(
      path: options.archivePath, account: account, forConversionOf: source.identity)
    let exists = try Archive.exists(path: options.archivePath)
    if options.dryRun {
      if !exists { _ = try newLayout() }
      let archive =
        try exists ? Archive.open(path: options.archivePath, for: .readingUndisturbed) : nil
      if let archive { try requireLayout(of: archive) }
      return archive
    }
    let archive = try Archive.convert(
      into: options.archivePath, account: account,
      layout: try exists ? options.layout ?? .maildir : newLayout(), source: source.identity)
    try requireLayout(of: archive)
    if var record = try archive.conversion(), record.source == .unknown {
      record.source = source.identity
      try archive.record(conversion: record)
    }
    if let origin = source.archive { try archive.adoptKeywordLetters(of: origin) }
    return archive
  }

  private func newLayout() throws(Failure) -> ArchiveIdentity.Layout {
    guard let layout = options.layout else {
      let words = ArchiveIdentity.Layout.allCases.map(\.rawValue).joined(separator: ", ")
      throw .usage(
        "a new archive needs --layout LAYOUT", advice: "LAYOUT is one of these: \(words).")
    }
    return layout
  }

  private func requireLayout(of archive: Archive) throws(Failure) {
    guard let layout = options.layout, layout != archive.identity.layout else { return }
    throw .usage(
      "the archive keeps its mail as \(archive.identity.layout.rawValue)",
      advice: "Leave out --layout, or give another directory.")
  }

  private func convertDirectory(of archive: Archive) throws -> Directory? {
    let name = "convert"
    if options.dryRun, try !archive.state.contains(name) { return nil }
    return try archive.state.ensureSubdirectory(name)
  }

  private func work(_ places: [MailboxPlace], _ context: ConvertContext) {
    let queue = WorkQueue(places)
    WorkerThread.together(min(Self.workers, places.count)) {
      let worker = ConvertWorker(stray: context.stray)
      while let place = queue.next() {
        do {
          let report = try ConvertMailbox(context: context, place: place, worker: worker).run()
          context.collector.add(report)
        } catch {
          give(up: place, error, queue, context)
        }
      }
    }
  }

  private func give(
    up place: MailboxPlace, _ error: any Error, _ queue: WorkQueue<MailboxPlace>,
    _ context: ConvertContext
  ) {
    let cause: any Error
    switch error {
    case let problem as MailboxUnsuitable: cause = problem.cause
    case let problem as SourceUnreadable: cause = problem.cause
    default: cause = error
    }
    var failure = Failure(cause, scope: .mailbox)
    // What can't be read concerns this mailbox alone, whatever the reason is.
    if error is SourceUnreadable { failure.scope = .mailbox }
    guard failure.scope == .mailbox else {
      context.collector.stop(failure)
      queue.close()
      return
    }
    if !(error is MailboxUnsuitable) { context.missed.addUnknown() }
    context.collector.add(MailboxFailure(mailbox: place.name, failure: failure))
  }
}
