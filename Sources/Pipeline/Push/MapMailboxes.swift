import Clients
import Mail
import Stores

/// Decides into which mailbox of the target each mailbox of the archive goes.
///
/// A mailbox with a special use goes into the target's own mailbox of that use, whatever its name;
/// every other one keeps its name. Where a component holds the target's separator, that becomes `_`. A
/// name that the target refused before stays the plainer one that was taken then.
struct MapMailboxes {
  let mailboxes: [MailboxPlace]
  let records: [MailboxRecord]
  let tree: ServerTree
  /// Whether something was pushed to a mailbox of that name, as far as is known.
  var wasPushedTo: (MailboxName) -> Bool = { _ in false }

  struct Result {
    /// A mailbox with another name on the target, and why.
    struct Renamed {
      let from: MailboxName
      let to: MailboxName
      let reason: String
    }

    var targets: [PushTarget] = []
    /// Mailboxes whose name the target can't take as it is, with the name they get.
    var renamed: [Renamed] = []
    /// What mailboxes are called where the target refuses their names.
    var plainNames: [MailboxName: MailboxName] = [:]
  }

  func run() -> Result {
    var result = Result()
    let byArchiveName = Dictionary(
      records.map { ($0.archiveName, $0) }, uniquingKeysWith: { first, _ in first })
    var sources: [MailboxName: [MailboxPlace]] = [:]
    var uses: [MailboxName: SpecialUse] = [:]
    var subscribed: Set<MailboxName> = []
    // Not what the target has: the name made here was made there by the run before.
    var taken = Set(mailboxes.map(\.name))
    for mailbox in mailboxes {
      let record = byArchiveName[mailbox.name]
      let use = record?.specialUses.sorted { $0.rawValue < $1.rawValue }.first
      let name = target(of: mailbox.name, use, &taken)
      if name != mailbox.name, use == nil {
        result.renamed.append(
          .init(from: mailbox.name, to: name, reason: "its name holds the target's separator"))
      }
      sources[name, default: []].append(mailbox)
      if let use { uses[name] = use }
      // A mailbox that somebody made by hand is one they want to see.
      if record?.isSubscribed ?? true { subscribed.insert(name) }
    }
    let existing = Dictionary(
      tree.mailboxes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    result.targets = sources.map { name, sources in
      PushTarget(
        name: name, existing: existing[name].flatMap { $0.isSelectable ? $0 : nil },
        sources: sources, specialUse: uses[name], isSubscribed: subscribed.contains(name))
    }.sorted { $0.name < $1.name }
    var names = Set(sources.keys)
    for place in result.targets.indices {
      let name = result.targets[place].name
      guard let plain = PlainName.of(name)?.free(of: &names) else { continue }
      result.plainNames[name] = plain
      if wasPushedTo(plain) { result.rename(place, plain, tree) }
    }
    return result
  }

  private func target(
    of name: MailboxName, _ use: SpecialUse?, _ taken: inout Set<MailboxName>
  ) -> MailboxName {
    if name.isInbox { return name }
    if let use {
      let candidates = tree.mailboxes.filter { $0.specialUses.contains(use) && $0.isSelectable }
      if !candidates.contains(where: { $0.name == name }), let own = candidates.first {
        return own.name
      }
    }
    guard let separator = tree.separator else { return name }
    let mark = Unicode.Scalar(separator)
    guard name.components.contains(where: { $0.unicodeScalars.contains(mark) }) else {
      return name
    }
    // In modified UTF-7 only what is printable ASCII stands for itself, so this is all there is.
    let components = name.components.map { component in
      String(String.UnicodeScalarView(component.unicodeScalars.map { $0 == mark ? "_" : $0 }))
    }
    return MailboxName(components)?.free(of: &taken) ?? name
  }
}

extension MapMailboxes.Result {
  /// Has the mail of a target go to a mailbox of another name.
  mutating func rename(_ place: Int, _ name: MailboxName, _ tree: ServerTree) {
    let target = targets[place]
    renamed.append(
      .init(from: target.name, to: name, reason: "the target does not take its name"))
    targets[place] = PushTarget(
      name: name, existing: tree.mailbox(name), sources: target.sources,
      specialUse: target.specialUse, isSubscribed: target.isSubscribed)
  }
}

extension MailboxName {
  /// The name, or with `_` at its end as often as it takes to be none of those taken, to which it is added.
  fileprivate func free(of taken: inout Set<MailboxName>) -> MailboxName {
    var name = self
    while taken.contains(name), let last = name.components.last,
      let longer = MailboxName(name.components.dropLast() + [last + "_"])
    {
      name = longer
    }
    taken.insert(name)
    return name
  }
}
