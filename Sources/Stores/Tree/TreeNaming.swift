import Mail

/// The names of the mailboxes that a walk found.
struct TreeNaming {
  /// What may hold mail, before two of them are found to have one name.
  fileprivate struct Found {
    var components: [String]
    let path: [String]
    let form: MailboxForm
  }

  private var found: [Found] = []
  private var mailRoots: Set<String> = []

  /// Takes a mailbox.
  ///
  /// - Parameters:
  ///   - components: the name that its place gives it.
  ///   - path: the names from the root to it.
  ///   - form: how its mail lies there.
  mutating func add(_ components: [String], path: [String], _ form: MailboxForm) {
    found.append(Found(components: components, path: path, form: form))
  }

  /// Takes the name of a directory in the root in which a server keeps all of a user's mail.
  mutating func noteMailRoot(_ name: String) { mailRoots.insert(name) }

  /// All mailboxes, ordered by name; no name comes twice.
  func places() -> [MailboxPlace] {
    var naming = self
    naming.unwrap()
    return naming.named().sorted { $0.name < $1.name }
  }

  // A home directory is no level of the hierarchy: if all mail lies in one directory of the root, which
  // a server keeps, and perhaps in a file `inbox` beside it, that directory's name is none either.
  private mutating func unwrap() {
    let wrapped = found.filter { !$0.isInboxFileInRoot }
    guard let top = wrapped.first?.path.first, mailRoots.contains(top),
      wrapped.allSatisfy({ $0.path.first == top })
    else { return }
    for index in found.indices where found[index].path.first == top {
      let rest = found[index].components.dropFirst()
      if found[index].form == .maildir || !rest.isEmpty {
        found[index].components = rest.isEmpty ? ["INBOX"] : Array(rest)
      }
    }
  }

  // Maildirs have the first claim to a name, then mbox files: of them it is surest that the name is
  // the mailbox's. What finds its name taken comes last, since a name with a number may be another
  // mailbox's own.
  private func named() -> [MailboxPlace] {
    var places: [MailboxPlace] = []
    var taken: Set<MailboxName> = []
    var late: [Found] = []
    for candidate in found.sorted() {
      if let name = TreeName.mailbox(candidate.components), taken.insert(name).inserted {
        places.append(candidate.place(name))
      } else {
        late.append(candidate)
      }
    }
    for candidate in late {
      var number = 2
      while let name = TreeName.mailbox(candidate.numbered(number)) {
        if taken.insert(name).inserted {
          places.append(candidate.place(name))
          break
        }
        number += 1
      }
    }
    return places
  }
}

extension TreeNaming.Found: Comparable {
  fileprivate static func < (one: Self, other: Self) -> Bool {
    if one.rank != other.rank { return one.rank < other.rank }
    return one.path.lexicographicallyPrecedes(other.path) {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
  }

  fileprivate func place(_ name: MailboxName) -> MailboxPlace {
    MailboxPlace(name: name, path: path, form: form)
  }

  fileprivate var rank: Int {
    switch form {
    case .maildir: 0
    case .mbox: 1
    case .messageFiles, .mh: 2
    }
  }

  fileprivate var isInboxFileInRoot: Bool {
    path.count == 1 && form == .mbox && TreeName.mailbox(components) == .inbox
  }

  /// The name with a number behind it that tells it from others.
  fileprivate func numbered(_ number: Int) -> [String] {
    let named = components.filter { !$0.isEmpty }
    guard let last = named.last else { return ["mail (\(number))"] }
    return named.dropLast() + ["\(last) (\(number))"]
  }
}
