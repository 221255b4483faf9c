import Mail

extension IMAPCommand {
  /// Writes the whole command, from its tag to its line end.
  func write(to writer: inout CommandWriter) {
    writer.text("\(writer.tag) ")
    switch self {
    case .capability: writer.text("CAPABILITY")
    case .noop: writer.text("NOOP")
    case .logout: writer.text("LOGOUT")
    case .startTLS: writer.text("STARTTLS")
    case .namespace: writer.text("NAMESPACE")
    case .unselect: writer.text("UNSELECT")
    case .enable(let capabilities):
      writer.text("ENABLE " + capabilities.map(\.name).joined(separator: " "))
    case .id(let fields): Self.write(id: fields, to: &writer)
    case .login(let user, let password):
      writer.text("LOGIN ")
      writer.string(user)
      writer.text(" ")
      writer.string(password.declassify())
    case .authenticatePlain(let authorizationID, let user, let password, let initialResponse):
      writer.text("AUTHENTICATE PLAIN")
      if initialResponse {
        writer.text(" ")
      } else {
        writer.endLine()
        writer.wait(for: .continuation)
      }
      writer.bytes(
        Base64.encode(
          SASL.plain(authorizationID: authorizationID, user: user, password: password)))
    default: writeMailboxCommand(to: &writer)
    }
    writer.endLine()
  }

  private func writeMailboxCommand(to writer: inout CommandWriter) {
    switch self {
    case .list(let reference, let pattern, let options):
      writer.text("LIST ")
      writer.mailbox(reference)
      writer.text(" ")
      writer.mailbox(pattern)
      guard !options.isEmpty else { break }
      writer.text(" RETURN (" + options.map(\.text).joined(separator: " ") + ")")
    case .lsub(let reference, let pattern):
      writer.text("LSUB ")
      writer.mailbox(reference)
      writer.text(" ")
      writer.mailbox(pattern)
    case .status(let mailbox, let items):
      writer.text("STATUS ")
      writer.mailbox(mailbox)
      writer.text(" ")
      writer.list(items.map(\.rawValue))
    case .getQuotaRoot(let mailbox):
      writer.text("GETQUOTAROOT ")
      writer.mailbox(mailbox)
    case .examine(let mailbox, let parameter):
      writer.text("EXAMINE ")
      writer.mailbox(mailbox)
      writer.text(parameter.text)
    case .select(let mailbox, let parameter):
      writer.text("SELECT ")
      writer.mailbox(mailbox)
      writer.text(parameter.text)
    case .create(let mailbox, let use):
      writer.text("CREATE ")
      writer.mailbox(mailbox)
      if let use { writer.text(" (USE (\(use.rawValue)))") }
    case .subscribe(let mailbox):
      writer.text("SUBSCRIBE ")
      writer.mailbox(mailbox)
    case .unsubscribe(let mailbox):
      writer.text("UNSUBSCRIBE ")
      writer.mailbox(mailbox)
    case .delete(let mailbox):
      writer.text("DELETE ")
      writer.mailbox(mailbox)
    default: writeMessageCommand(to: &writer)
    }
  }

  private func writeMessageCommand(to writer: inout CommandWriter) {
    switch self {
    case .uidFetch(let selection, let items, let changedSince, let vanished):
      writer.text("UID FETCH \(selection) (" + items.map(\.text).joined(separator: " ") + ")")
      guard let changedSince else { break }
      writer.text(" (CHANGEDSINCE \(changedSince)\(vanished ? " VANISHED" : ""))")
    case .uidStore(let selection, let action, let flags, let unchangedSince, let silent):
      writer.text("UID STORE \(selection) ")
      if let unchangedSince { writer.text("(UNCHANGEDSINCE \(unchangedSince)) ") }
      writer.text("\(action.rawValue)\(silent ? ".SILENT" : "") ")
      writer.flags(flags)
    case .uidCopy(let selection, let mailbox):
      writer.text("UID COPY \(selection) ")
      writer.mailbox(mailbox)
    case .uidMove(let selection, let mailbox):
      writer.text("UID MOVE \(selection) ")
      writer.mailbox(mailbox)
    case .uidExpunge(let selection): writer.text("UID EXPUNGE \(selection)")
    case .uidSearch(let keys, let extended):
      Self.write(search: keys, extended: extended, to: &writer)
    default: break
    }
  }

  private static func write(id fields: [String: String], to writer: inout CommandWriter) {
    writer.text("ID ")
    guard !fields.isEmpty else { return writer.text("NIL") }
    for (index, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
      writer.text(index == 0 ? "(" : " ")
      writer.string(field.key)
      writer.text(" ")
      writer.string(field.value)
    }
    writer.text(")")
  }

  private static func write(
    search keys: [SearchKey], extended: Bool, to writer: inout CommandWriter
  ) {
    writer.text("UID SEARCH")
    if extended { writer.text(" RETURN (ALL)") }
    let needsCharset = keys.contains {
      if case .header(_, let value) = $0 { value.contains { $0 >= 0x80 } } else { false }
    }
    if needsCharset, !writer.usesUTF8 { writer.text(" CHARSET UTF-8") }
    for key in keys {
      switch key {
      case .all: writer.text(" ALL")
      case .uid(let selection): writer.text(" UID \(selection)")
      case .header(let name, let value):
        writer.text(" HEADER ")
        writer.string(name)
        writer.text(" ")
        writer.string(value)
      case .before(let date): writer.text(" BEFORE \(date.imapDay)")
      case .larger(let octets): writer.text(" LARGER \(octets)")
      }
    }
  }
}

extension ListReturnOption {
  fileprivate var text: String {
    switch self {
    case .specialUse: "SPECIAL-USE"
    case .subscribed: "SUBSCRIBED"
    case .children: "CHILDREN"
    case .status(let items):
      "STATUS (" + items.map(\.rawValue).joined(separator: " ") + ")"
    }
  }
}

extension SelectParameter {
  fileprivate var text: String {
    switch self {
    case .plain: ""
    case .condStore: " (CONDSTORE)"
    case .qResync(let validity, let modSeq, let known):
      // An empty set has no form of its own; without one all UIDs count as known.
      " (QRESYNC (\(validity) \(modSeq)\(known.map { $0.isEmpty ? "" : " \($0)" } ?? "")))"
    }
  }
}

extension FetchItem {
  fileprivate var text: String {
    switch self {
    case .uid: "UID"
    case .flags: "FLAGS"
    case .internalDate: "INTERNALDATE"
    case .size: "RFC822.SIZE"
    case .modSeq: "MODSEQ"
    case .emailID: "EMAILID"
    case .body: "BODY.PEEK[]"
    case .binaryBody: "BINARY.PEEK[]"
    case .header: "BODY.PEEK[HEADER]"
    case .headerFields(let names):
      "BODY.PEEK[HEADER.FIELDS (" + names.joined(separator: " ") + ")]"
    }
  }
}
