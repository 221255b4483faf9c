package import Platform
package import Stores

import Mail

/// Lists what mailboxes hold, wherever they are and whoever wrote them.
///
/// Of a message no more is read than its header, and that only if messages are to be listed.
package struct ListMailboxes {
  let source: any MailSource
  let wantsMessages: Bool
  let explains: Bool
  let observer: any ListObserver
  let interruption: Interruption
  private let texts = HeaderText()

  /// Prepares a list.
  ///
  /// - Parameters:
  ///   - source: the archive, tree or file.
  ///   - wantsMessages: whether each message is listed.
  ///   - explains: whether it is asked of each mailbox as what it is read.
  ///   - observer: what shows it.
  ///   - interruption: ends it early.
  package init(
    source: any MailSource, wantsMessages: Bool, explains: Bool, observer: any ListObserver,
    interruption: Interruption
  ) {
    self.source = source
    self.wantsMessages = wantsMessages
    self.explains = explains
    self.observer = observer
    self.interruption = interruption
  }

  /// Lists everything that can be read.
  ///
  /// - Returns: what it adds up to.
  /// - Throws: `Failure` where the source itself can't be read or holds no mail at all, and where it
  ///   was interrupted.
  package func run() throws -> ListTotals {
    let tree: MailboxTree
    do { tree = try source.mailboxes() } catch { throw Failure(error, scope: .run) }
    var totals = ListTotals()
    for text in tree.unreadable { tell(ListProblem(text), &totals) }
    for text in tree.passedOver { observer.passedOver(text) }
    for place in tree.mailboxes {
      do {
        totals.add(try list(place, &totals))
      } catch let failure as Failure {
        throw failure
      } catch {
        tell(ListProblem(mailbox: place.name, file: nil, reason: "\(error)"), &totals)
      }
    }
    return totals
  }

  private func list(
    _ place: MailboxPlace, _ totals: inout ListTotals
  ) throws -> ListedMailbox {
    let mailbox = try source.mailbox(at: place)
    var listed = ListedMailbox(name: place.name, path: mailbox.path)
    observer.began(place.name)
    let messages = try mailbox.scan()
    let incomplete = IncompleteMessage(in: mailbox, among: messages)
    for message in messages {
      try interruption.stopIfRaised()
      do {
        try add(
          message, isIncomplete: message == incomplete?.message, in: mailbox, to: &listed)
      } catch StoreError.notFound {
        // Another program took it away meanwhile.
        continue
      } catch {
        let path = mailbox.path(of: message)
        tell(ListProblem(mailbox: place.name, file: path, reason: "\(error)"), &totals)
      }
    }
    for damage in mailbox.damage {
      tell(ListProblem(mailbox: place.name, file: nil, reason: "\(damage)"), &totals)
    }
    if let incomplete {
      let file = mailbox.path(of: incomplete.message)
      tell(ListProblem(mailbox: place.name, file: file, reason: incomplete.warning), &totals)
    }
    if explains { listed.explanation = try mailbox.explanation() }
    observer.mailbox(listed)
    return listed
  }

  private func add(
    _ message: StoredMessage, isIncomplete: Bool, in mailbox: any ReadableMailbox,
    to listed: inout ListedMailbox
  ) throws {
    let date = try mailbox.internalDate(of: message)
    var size = message.scanned?.size
    if wantsMessages || size == nil {
      let file = try mailbox.open(message)
      let known: Int64
      if let told = size ?? file.size { known = told } else { known = try length(of: file) }
      size = known
      if wantsMessages {
        let fields = HeaderFields(keyOf: try file.header())
        observer.message(
          ListedMessage(
            mailbox: listed.name, file: mailbox.path(of: message), date: date,
            flags: message.flags, from: fields.bodies(of: "from").first.map(texts.sender) ?? "",
            subject: fields.bodies(of: "subject").first.map(texts.text) ?? "", size: known,
            isIncomplete: isIncomplete))
      }
    }
    listed.add(size: size ?? 0, date: date, flags: message.flags)
  }

  private func length(of file: MessageFile) throws -> Int64 {
    var count: Int64 = 0
    try file.forEachChunk { count += Int64($0.count) }
    try file.rewind()
    return count
  }

  private func tell(_ problem: ListProblem, _ totals: inout ListTotals) {
    totals.problems += 1
    observer.problem(problem)
  }
}

extension ListProblem {
  /// A part of the tree in which no mailbox could be made out.
  fileprivate init(_ reason: String) { self.init(mailbox: nil, file: nil, reason: reason) }
}
